import { attach } from "@framewright/bun-transport";
import { describeHttp2Memory } from "../../websocket/test/http2-memory.ts";

describeHttp2Memory("Bun", { attach });

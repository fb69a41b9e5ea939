import { attach } from "@framewright/deno-transport";
import { describeHttp2Memory } from "../../websocket/test/http2-memory.ts";

describeHttp2Memory("Deno", { attach });

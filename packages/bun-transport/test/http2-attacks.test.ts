import { attach } from "@framewright/bun-transport";
import { describeHttp2Attacks } from "../../websocket/test/http2-attacks.ts";

describeHttp2Attacks("Bun", { attach });

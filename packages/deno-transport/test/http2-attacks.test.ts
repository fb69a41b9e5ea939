import { attach } from "@framewright/deno-transport";
import { describeHttp2Attacks } from "../../websocket/test/http2-attacks.ts";

describeHttp2Attacks("Deno", { attach });

import { attach } from "@framewright/deno-transport";
import { describeHttp2Closing } from "../../websocket/test/http2-closing.ts";

describeHttp2Closing("Deno", { attach });

import { attach } from "@framewright/bun-transport";
import { describeHttp2Closing } from "../../websocket/test/http2-closing.ts";

describeHttp2Closing("Bun", { attach });

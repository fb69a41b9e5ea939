import { attach } from "@framewright/node-transport";
import { describeHttp2Closing } from "../../websocket/test/http2-closing.ts";

describeHttp2Closing("Node", { attach });

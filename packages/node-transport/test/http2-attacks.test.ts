import { attach } from "@framewright/node-transport";
import { describeHttp2Attacks } from "../../websocket/test/http2-attacks.ts";

describeHttp2Attacks("Node", { attach });

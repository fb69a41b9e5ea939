import { attach } from "@framewright/node-transport";
import { describeHttp2Memory } from "../../websocket/test/http2-memory.ts";

describeHttp2Memory("Node", { attach });

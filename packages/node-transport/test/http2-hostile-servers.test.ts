import { connect } from "@framewright/node-transport";
import { describeHostileHttp2Servers } from "../../websocket/test/http2-hostile-servers.ts";

describeHostileHttp2Servers("Node", { connect });

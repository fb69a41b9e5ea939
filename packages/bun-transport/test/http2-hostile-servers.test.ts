import { connect } from "@framewright/bun-transport";
import { describeHostileHttp2Servers } from "../../websocket/test/http2-hostile-servers.ts";

describeHostileHttp2Servers("Bun", { connect });

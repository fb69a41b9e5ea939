import { connect } from "@framewright/deno-transport";
import { describeHostileHttp2Servers } from "../../websocket/test/http2-hostile-servers.ts";

describeHostileHttp2Servers("Deno", { connect });

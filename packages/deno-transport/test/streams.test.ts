import { connect, serve } from "@framewright/deno-transport";
import { WebSocketStream } from "@framewright/deno-transport/websocket";
import { describeStreams } from "../../websocket/test/socket/stream-contract.ts";

describeStreams("Deno", { serve, connect, WebSocketStream });

import { connect, serve } from "@framewright/node-transport";
import { WebSocketStream } from "@framewright/node-transport/websocket";
import { describeStreams } from "../../websocket/test/socket/stream-contract.ts";

describeStreams("Node", { serve, connect, WebSocketStream });

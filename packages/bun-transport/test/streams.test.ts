import { connect, serve } from "@framewright/bun-transport";
import { WebSocketStream } from "@framewright/bun-transport/websocket";
import { describeStreams } from "../../websocket/test/socket/stream-contract.ts";

describeStreams("Bun", { serve, connect, WebSocketStream });

import { WebSocket, WebSocketError, WebSocketStream } from "@framewright/node-transport/websocket";
import { runFile } from "./run-file.ts";

runFile({ WebSocket, WebSocketStream, WebSocketError }, JSON.parse(process.argv[2]));

import { WebSocket, WebSocketError, WebSocketStream } from "@framewright/deno-transport/websocket";
import { runFile } from "./run-file.ts";

runFile({ WebSocket, WebSocketStream, WebSocketError }, JSON.parse(process.argv[2]));

import { WebSocket, WebSocketError, WebSocketStream } from "undici";
import { runFile } from "./run-file.ts";

runFile({ WebSocket, WebSocketStream, WebSocketError }, JSON.parse(process.argv[2]));

import { WebSocket } from "@framewright/node-transport/websocket";
import { runFile } from "./run-file.ts";

runFile(WebSocket, JSON.parse(process.argv[2]));

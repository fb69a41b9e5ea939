import { WebSocket } from "@framewright/node-transport/websocket";
import { runLibraries } from "./clients.ts";

await runLibraries({ WebSocket }, process.argv[2]);

import { WebSocket } from "@framewright/bun-transport/websocket";
import { runLibraries } from "./clients.ts";

await runLibraries({ WebSocket }, process.argv[2]);

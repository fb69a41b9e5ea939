import { WebSocket } from "@framewright/deno-transport/websocket";
import { runLibraries } from "./clients.ts";

await runLibraries({ WebSocket }, process.argv[2]);

import { WebSocket } from "ws";
import { runPeerClient } from "./client.ts";

await runPeerClient(WebSocket);

import { WebSocket } from "undici";
import { runPeerClient } from "./client.ts";

await runPeerClient(WebSocket);

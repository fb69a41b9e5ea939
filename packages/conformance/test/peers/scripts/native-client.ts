import { runPeerClient } from "./client.ts";

await runPeerClient(WebSocket);

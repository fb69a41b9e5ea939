import { WebSocket } from "undici";
import { runCompressedClient, standardWay } from "./compressed-client.ts";

await runCompressedClient([standardWay(WebSocket)]);

import { runCompressedClient, standardWay } from "./compressed-client.ts";

await runCompressedClient([standardWay(WebSocket)]);

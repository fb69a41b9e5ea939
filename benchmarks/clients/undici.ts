import { WebSocket } from "undici";
import { runStandard } from "./standard.ts";

await runStandard(WebSocket);

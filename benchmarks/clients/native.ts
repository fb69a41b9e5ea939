import { runStandard } from "./standard.ts";

await runStandard(WebSocket);

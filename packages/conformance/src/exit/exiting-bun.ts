import { serve } from "@framewright/bun-transport";
import { runExitingServer } from "./exiting-server.ts";

await runExitingServer(serve);

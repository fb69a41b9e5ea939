import { serve } from "@framewright/deno-transport";
import { runExitingServer } from "./exiting-server.ts";

await runExitingServer(serve);

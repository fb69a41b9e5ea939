import { serve } from "@framewright/node-transport";
import { runExitingServer } from "./exiting-server.ts";

await runExitingServer(serve);

import { serve } from "@framewright/node-transport";
import { runClockServer } from "./clock-server.ts";

await runClockServer(serve);

import { serve } from "@framewright/bun-transport";
import { runClockServer } from "./clock-server.ts";

await runClockServer(serve);

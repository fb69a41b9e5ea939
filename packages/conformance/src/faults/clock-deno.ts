import { serve } from "@framewright/deno-transport";
import { runClockServer } from "./clock-server.ts";

await runClockServer(serve);

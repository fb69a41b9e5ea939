import { serve } from "@framewright/deno-transport";
import { runPrintingServer } from "./printing-server.ts";

await runPrintingServer(serve);

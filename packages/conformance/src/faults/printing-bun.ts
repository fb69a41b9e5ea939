import { serve } from "@framewright/bun-transport";
import { runPrintingServer } from "./printing-server.ts";

await runPrintingServer(serve);

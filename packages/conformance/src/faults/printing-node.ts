import { serve } from "@framewright/node-transport";
import { runPrintingServer } from "./printing-server.ts";

await runPrintingServer(serve);

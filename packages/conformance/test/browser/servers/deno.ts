import { serve } from "@framewright/deno-transport";
import { runPatientServer } from "./patient-server.ts";

await runPatientServer(serve);

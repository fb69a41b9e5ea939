import { serve } from "@framewright/bun-transport";
import { runPatientServer } from "./patient-server.ts";

await runPatientServer(serve);

import { serve } from "@framewright/node-transport";
import { runPatientServer } from "./patient-server.ts";

await runPatientServer(serve);

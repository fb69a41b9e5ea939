import { reconnecting, serve } from "@framewright/node-transport";
import { runOnline } from "./online.ts";

await runOnline({ reconnecting, serve });

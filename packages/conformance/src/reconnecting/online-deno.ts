import { reconnecting, serve } from "@framewright/deno-transport";
import { runOnline } from "./online.ts";

await runOnline({ reconnecting, serve });

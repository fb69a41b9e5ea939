import { reconnecting, serve } from "@framewright/bun-transport";
import { runOnline } from "./online.ts";

await runOnline({ reconnecting, serve });

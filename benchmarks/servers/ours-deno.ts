import { attach, serve } from "@framewright/deno-transport";
import { runOurs } from "./ours.ts";

await runOurs(serve, attach);

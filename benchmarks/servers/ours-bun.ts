import { attach, serve } from "@framewright/bun-transport";
import { runOurs } from "./ours.ts";

await runOurs(serve, attach);

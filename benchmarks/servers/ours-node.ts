import { attach, serve } from "@framewright/node-transport";
import { runOurs } from "./ours.ts";

await runOurs(serve, attach);

import { reconnecting } from "@framewright/deno-transport";
import { runHerd } from "./herd.ts";

await runHerd(reconnecting);

import { reconnecting } from "@framewright/bun-transport";
import { runHerd } from "./herd.ts";

await runHerd(reconnecting);

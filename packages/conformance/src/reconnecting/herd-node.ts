import { reconnecting } from "@framewright/node-transport";
import { runHerd } from "./herd.ts";

await runHerd(reconnecting);

import { connect, serve } from "@framewright/node-transport";
import { runLink } from "./link.ts";

await runLink({ connect, serve });

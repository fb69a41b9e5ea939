import { connect, serve } from "@framewright/bun-transport";
import { runLink } from "./link.ts";

await runLink({ connect, serve });

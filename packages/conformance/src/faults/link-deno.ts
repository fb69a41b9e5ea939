import { connect, serve } from "@framewright/deno-transport";
import { runLink } from "./link.ts";

await runLink({ connect, serve });

import { connect, serve } from "@framewright/deno-transport";
import { runRole } from "./role.ts";

await runRole({ connect, serve });

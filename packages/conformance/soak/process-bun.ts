import { connect, serve } from "@framewright/bun-transport";
import { runRole } from "./role.ts";

await runRole({ connect, serve });

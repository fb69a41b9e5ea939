import { connect, serve } from "@framewright/node-transport";
import { runRole } from "./role.ts";

await runRole({ connect, serve });

import { attach, serve } from "@framewright/deno-transport";
import { runServer } from "./deployment.ts";

await runServer(serve, attach);

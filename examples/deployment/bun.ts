import { attach, serve } from "@framewright/bun-transport";
import { runServer } from "./deployment.ts";

await runServer(serve, attach);

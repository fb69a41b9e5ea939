import { attach, serve } from "@framewright/node-transport";
import { runServer } from "./deployment.ts";

await runServer(serve, attach);

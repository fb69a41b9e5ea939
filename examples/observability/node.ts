import { connect, serve } from "@framewright/node-transport";
import { runDemo } from "./demo.ts";

await runDemo(serve, connect);

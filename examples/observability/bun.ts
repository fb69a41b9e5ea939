import { connect, serve } from "@framewright/bun-transport";
import { runDemo } from "./demo.ts";

await runDemo(serve, connect);

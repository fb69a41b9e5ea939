import { connect, serve } from "@framewright/deno-transport";
import { runDemo } from "./demo.ts";

await runDemo(serve, connect);

import { attach, serve } from "@framewright/deno-transport";
import { main, runEchoServer } from "./echo.ts";

main(runEchoServer(serve, attach));

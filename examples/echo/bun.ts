import { attach, serve } from "@framewright/bun-transport";
import { main, runEchoServer } from "./echo.ts";

main(runEchoServer(serve, attach));

import { attach, serve } from "@framewright/node-transport";
import { main, runEchoServer } from "./echo.ts";

main(runEchoServer(serve, attach));

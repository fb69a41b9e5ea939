import { connect } from "@framewright/node-transport";
import { main } from "../echo/echo.ts";
import { runEchoClient } from "./echo-client.ts";

main(runEchoClient(connect));

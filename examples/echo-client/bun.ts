import { connect } from "@framewright/bun-transport";
import { main } from "../echo/echo.ts";
import { runEchoClient } from "./echo-client.ts";

main(runEchoClient(connect));

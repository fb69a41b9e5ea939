import { connect } from "@framewright/node-transport";
import { runLeavingClient } from "./leaving-client.ts";

await runLeavingClient(connect);

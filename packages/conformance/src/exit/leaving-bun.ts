import { connect } from "@framewright/bun-transport";
import { runLeavingClient } from "./leaving-client.ts";

await runLeavingClient(connect);

import { connect } from "@framewright/deno-transport";
import { runLeavingClient } from "./leaving-client.ts";

await runLeavingClient(connect);

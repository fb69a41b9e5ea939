import { connect } from "@framewright/node-transport";
import { runForeignClient } from "./foreign-client.ts";

await runForeignClient(connect);

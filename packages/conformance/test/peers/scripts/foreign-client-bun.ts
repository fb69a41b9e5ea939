import { connect } from "@framewright/bun-transport";
import { runForeignClient } from "./foreign-client.ts";

await runForeignClient(connect);

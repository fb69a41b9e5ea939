import { connect } from "@framewright/deno-transport";
import { runForeignClient } from "./foreign-client.ts";

await runForeignClient(connect);

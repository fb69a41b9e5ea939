import { connect } from "@framewright/deno-transport";
import { runOurs } from "./ours.ts";

await runOurs(connect);

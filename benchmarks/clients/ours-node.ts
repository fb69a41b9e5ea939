import { connect } from "@framewright/node-transport";
import { runOurs } from "./ours.ts";

await runOurs(connect);

import { connect } from "@framewright/node-transport";
import { probe } from "./probe.ts";

await probe(connect);

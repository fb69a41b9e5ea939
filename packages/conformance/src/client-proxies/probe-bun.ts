import { connect } from "@framewright/bun-transport";
import { probe } from "./probe.ts";

await probe(connect);

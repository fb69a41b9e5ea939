import { connect } from "@framewright/deno-transport";
import { probe } from "./probe.ts";

await probe(connect);

import { connect, serve } from "@framewright/deno-transport";
import { describeTransport } from "../../websocket/test/transport-contract.ts";
import { listen } from "../src/listen.ts";
import { open } from "../src/open.ts";

describeTransport("Deno", {
  listen,
  open,
  serve,
  connect,
  sharesPorts: false,
});

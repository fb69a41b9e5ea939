import { connect, serve } from "@framewright/node-transport";
import { describeTransport } from "../../websocket/test/transport-contract.ts";
import { listen } from "../src/listen.ts";
import { open } from "../src/open.ts";

describeTransport("Node", {
  listen,
  open,
  serve,
  connect,
  sharesPorts: true,
});

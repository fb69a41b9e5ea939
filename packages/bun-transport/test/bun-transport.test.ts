import { connect, serve } from "@framewright/bun-transport";
import { describeTransport } from "../../websocket/test/transport-contract.ts";
import { listen } from "../src/listen.ts";
import { open } from "../src/open.ts";

describeTransport("Bun", {
  listen,
  open,
  serve,
  connect,
  sharesPorts: true,
});

import { connect, serve } from "@framewright/deno-transport";
import { describeTransport } from "../../websocket/test/transport-contract.ts";
import { listen } from "../src/listen.ts";
import { open } from "../src/open.ts";

// Deno finishes a TLS handshake before it closes a connection, however long the client takes.
describeTransport("Deno", {
  listen,
  open,
  serve,
  connect,
  endsUnfinishedTls: false,
  sharesPorts: false,
});

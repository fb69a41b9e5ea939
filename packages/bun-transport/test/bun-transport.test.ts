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

// With server names, `node:tls` serves TLS.
describeTransport("Bun with server names", {
  listen: (options, accept) =>
    listen(
      options.tls === undefined
        ? options
        : { ...options, tls: { ...options.tls, serverNames: new Map() } },
      accept,
    ),
  open,
  serve,
  connect,
  sharesPorts: true,
  isTlsAlone: true,
});

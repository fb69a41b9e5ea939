import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as net from "node:net";
import process from "node:process";
import * as tls from "node:tls";
import {
  type Listener,
  type ListenOptions,
  listenTls,
  listenUnix,
  type Transport,
} from "@framewright/websocket/transport";
import { NodeTransport } from "./node-transport.ts";

/** Listens with `node:net`, or with `node:tls` if a certificate is given. */
export function listen(
  options: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, hostname, reusePort, unix, tls: settings } = options;
  if (settings !== undefined) {
    return listenTls<tls.TLSSocket>(
      { tls, crypto },
      { ...options, tls: settings },
      (socket, certificate) => new NodeTransport(socket, true, certificate),
      accept,
    );
  }
  if (unix !== undefined) {
    const system = { fs, net, platform: process.platform };
    return listenUnix(system, unix, async () => {
      const { stop } = await listenOn({ path: unix }, accept);
      return { port: 0, stop };
    });
  }
  return listenOn({ port, host: hostname, reusePort }, accept);
}

function listenOn(
  address: net.ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      accept(new NodeTransport(socket, false)),
    );
    server.once("error", reject);
    server.listen(address, () => {
      server.off("error", reject);
      // An error while accepting one connection must not end the server.
      server.on("error", () => {});
      const bound = server.address();
      const port = typeof bound === "object" && bound !== null ? bound.port : 0;
      resolve({ port, stop: () => server.close() });
    });
  });
}

import * as net from "node:net";
import type { Listener, ListenOptions, Transport } from "@framewright/websocket/transport";
import { NodeTransport } from "./node-transport.ts";

/** Listens with `node:net`, or with `node:tls` if a certificate is given. */
export async function listen(
  options: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, hostname, reusePort, unix, tls } = options;
  // Loaded only if TLS or Unix sockets are used.
  if (tls !== undefined) {
    const { listenSecure } = await import("./listen-tls.ts");
    return listenSecure({ ...options, tls }, accept);
  }
  if (unix !== undefined) {
    const { listenOnPath } = await import("./listen-path.ts");
    return listenOnPath(unix, accept);
  }
  return listenOn({ port, host: hostname, reusePort }, accept);
}

/** Listens with `node:net`. */
export function listenOn(
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

import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Listener, ListenOptions, Transport } from "@framewright/websocket/transport";
import { NodeTransport } from "./node-transport.ts";

/** Listens with `node:net`, or with `node:tls` if a certificate is given. */
export function listen(
  options: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, hostname, reusePort, tls, handshakeTimeout } = options;
  const onSocket = (socket: Socket) => accept(new NodeTransport(socket, tls !== undefined));
  const shared = { allowHalfOpen: true, noDelay: true };
  return new Promise((resolve, reject) => {
    const server: Server =
      tls === undefined
        ? createServer(shared, onSocket)
        : createTlsServer({ ...shared, ...tls, handshakeTimeout }, onSocket);
    // Node does not close the socket when the TLS handshake times out.
    server.on("tlsClientError", (_error: Error, socket: Socket) => socket.destroy());
    const dropHandshakes = tls === undefined ? undefined : trackHandshakes(server);
    server.once("error", reject);
    server.listen({ port, host: hostname, reusePort }, () => {
      server.off("error", reject);
      // An error while accepting one connection must not end the server.
      server.on("error", () => {});
      const address = server.address() as AddressInfo;
      resolve({
        port: address.port,
        stop() {
          server.close();
          dropHandshakes?.();
        },
      });
    });
  });
}

/**
 * Follows the TLS handshakes in progress. They keep the process alive, for as long as their timeout
 * if the client is silent, and a connection must not open after the listener has stopped.
 *
 * @returns A function that closes the connections whose handshake is not done.
 */
function trackHandshakes(server: Server): () => void {
  const pending = new Map<string, Socket>();
  // The TLS socket does not tell which TCP socket is below it, but both have the same address.
  const keyOf = (socket: Socket) => `${socket.remoteAddress} ${socket.remotePort}`;
  server.on("connection", (socket: Socket) => {
    const key = keyOf(socket);
    pending.set(key, socket);
    socket.once("close", () => {
      if (pending.get(key) === socket) pending.delete(key);
    });
  });
  server.on("secureConnection", (socket: Socket) => pending.delete(keyOf(socket)));
  return () => {
    for (const socket of pending.values()) socket.destroy();
  };
}

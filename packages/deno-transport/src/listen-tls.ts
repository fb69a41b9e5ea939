import { createPrivateKey, X509Certificate } from "node:crypto";
import type { AddressInfo, Socket } from "node:net";
import { createServer, type Server } from "node:tls";
import type {
  Listener,
  ListenOptions,
  ServerTls,
  Transport,
} from "@framewright/websocket/transport";
import { TlsTransport } from "./tls-transport.ts";

/** Listens with `node:tls`. See `TlsTransport` for the reason. */
export function listenTls(
  options: ListenOptions,
  tls: ServerTls,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, hostname, reusePort, handshakeTimeout } = options;
  // Deno would report an invalid certificate or key only when the first client connects.
  new X509Certificate(tls.cert);
  createPrivateKey(tls.key);
  return new Promise((resolve, reject) => {
    const server = createServer(
      { ...tls, allowHalfOpen: true, noDelay: true, handshakeTimeout },
      (socket) => accept(new TlsTransport(socket)),
    );
    server.on("tlsClientError", (_error, socket) => socket.destroy());
    const dropHandshakes = trackHandshakes(server);
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
          dropHandshakes();
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

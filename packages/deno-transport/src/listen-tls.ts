import { createPrivateKey, X509Certificate } from "node:crypto";
import type { AddressInfo } from "node:net";
import { createServer } from "node:tls";
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
    server.once("error", reject);
    server.listen({ port, host: hostname, reusePort }, () => {
      server.off("error", reject);
      // An error while accepting one connection must not end the server.
      server.on("error", () => {});
      const address = server.address() as AddressInfo;
      resolve({ port: address.port, stop: () => server.close() });
    });
  });
}

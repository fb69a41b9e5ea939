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

/** Listens with `node:tls`; see `TlsTransport`. */
export function listenTls(
  options: ListenOptions,
  tls: ServerTls,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, hostname, reusePort, handshakeTimeout } = options;
  // Deno would notice only when the first client comes.
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
      // A connection that could not be accepted is the client's loss, not the server's end.
      server.on("error", () => {});
      const address = server.address() as AddressInfo;
      resolve({ port: address.port, stop: () => server.close() });
    });
  });
}

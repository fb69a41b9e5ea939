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

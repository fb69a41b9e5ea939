import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import type { Listener, ListenOptions, Transport } from "@framewright/websocket/transport";
import { NodeTransport } from "./node-transport.ts";

/** Listens with `net` or `tls`. */
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
    // Node does not end the socket of a TLS handshake that took too long.
    server.on("tlsClientError", (_error: Error, socket: Socket) => socket.destroy());
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

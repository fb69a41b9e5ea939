import type { Listener, ListenOptions, Transport } from "@framewright/websocket/transport";
import { BunTransport, socketHandlers } from "./bun-transport.ts";

/** Listens with `Bun.listen`. */
export async function listen(
  options: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, hostname, reusePort, tls } = options;
  /** Bun's types do not know it together with `allowHalfOpen`. */
  const share: object = { reusePort };
  const listener = Bun.listen<BunTransport | undefined>({
    port,
    hostname,
    ...share,
    allowHalfOpen: true,
    ...(tls === undefined ? {} : { tls: { cert: tls.cert, key: tls.key } }),
    socket: {
      ...socketHandlers,
      open(socket) {
        accept(new BunTransport(socket, tls !== undefined));
      },
      // With this here, Bun calls `open` before the TLS handshake, which is then timed as well.
      handshake() {},
    },
  });
  return { port: listener.port, stop: () => listener.stop() };
}

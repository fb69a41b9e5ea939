import type { Listener, ListenOptions, Transport } from "@framewright/websocket/transport";
import { BunTransport, socketHandlers } from "./bun-transport.ts";

/** Listens with `Bun.listen`. */
export async function listen(
  options: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, hostname, reusePort, tls } = options;
  /** Untyped, because Bun's types do not allow `reusePort` together with `allowHalfOpen`. */
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
      // With a `handshake` handler, Bun calls `open` before the TLS handshake, so that the timeout of
      // the opening handshake covers it.
      handshake() {},
    },
  });
  return { port: listener.port, stop: () => listener.stop() };
}

import {
  type Listener,
  type ListenOptions,
  type TlsSettings,
  type Transport,
  UnsupportedError,
} from "@framewright/websocket/transport";
import { BunTransport, socketHandlers } from "./bun-transport.ts";

/**
 * Listens with `Bun.listen`, or with `node:tls` for certificates by server name, which `Bun.listen`
 * does not have.
 */
export async function listen(
  options: ListenOptions,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  const { port, hostname, reusePort, unix, tls } = options;
  if (tls?.serverNames !== undefined) {
    const { listenWithServerNames } = await import("./listen-tls.ts");
    return listenWithServerNames({ ...options, tls }, accept);
  }
  if (unix !== undefined) {
    const { listenOnPath } = await import("./listen-path.ts");
    return listenOnPath(unix, accept);
  }
  return listenOn({ port, hostname, reusePort }, tls, accept);
}

/** Listens with `Bun.listen`. */
export async function listenOn(
  address: { unix: string } | { port: number; hostname: string; reusePort: boolean },
  tls: TlsSettings | undefined,
  accept: (transport: Transport) => void,
): Promise<Listener> {
  // Loaded only if TLS is used.
  const secure = tls && (await import("./server-tls.ts"));
  const listener = Bun.listen<BunTransport | undefined>({
    // Untyped, because Bun's types do not allow `reusePort` together with `allowHalfOpen`.
    ...(address as { port: number; hostname: string }),
    allowHalfOpen: true,
    ...(tls && { tls: secure?.serverOptions(tls) }),
    socket: {
      ...socketHandlers,
      open(socket) {
        accept(new BunTransport(socket, tls !== undefined));
      },
      // With a `handshake` handler, Bun calls `open` before the TLS handshake, so that the timeout of
      // the opening handshake covers it.
      handshake() {},
      ...(tls && secure?.verifyingHandlers(tls)),
    },
  } as Bun.TCPSocketListenOptions<BunTransport | undefined>);
  return {
    // A Unix socket has no port.
    port: listener.port ?? 0,
    stop: () => listener.stop(),
    setTls() {
      throw new UnsupportedError(
        "setTls on Bun needs tls.serverNames, also an empty one, from the start",
      );
    },
  };
}

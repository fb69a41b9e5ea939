import { isIP } from "node:net";
import type { AbortSignal, Transport, WebSocketUrl } from "@framewright/websocket/transport";
import type { Socket } from "bun";
import { BunTransport, socketHandlers } from "./bun-transport.ts";

/** Connects with `Bun.connect`. */
export function open(
  url: WebSocketUrl,
  ca: string | undefined,
  signal: AbortSignal,
  opened: (transport: Transport) => void,
): Promise<void> {
  const { hostname, port, secure } = url;
  return new Promise((resolve, reject) => {
    const ready = (socket: Socket<BunTransport | undefined>) => {
      opened(new BunTransport(socket, secure));
      resolve();
    };
    Bun.connect<BunTransport | undefined>({
      hostname,
      port,
      allowHalfOpen: true,
      ...(secure ? { tls: tlsOptions(hostname, ca) } : {}),
      socket: {
        ...socketHandlers,
        open(socket) {
          signal.addEventListener("abort", () => socket.terminate());
          if (!secure) ready(socket);
        },
        // Bun calls `open` for a TLS socket before the server's certificate is verified.
        handshake(socket, success, error) {
          if (success && error === null) ready(socket);
          else reject(error ?? new Error("the TLS handshake failed"));
        },
        close(socket, error) {
          if (socket.data === undefined) reject(error ?? new Error("the connection was closed"));
          else socketHandlers.close(socket, error);
        },
      },
    }).catch(reject);
  });
}

/** Returns TLS options that are never empty, because Bun uses plain TCP for an empty object. */
function tlsOptions(hostname: string, ca: string | undefined) {
  return {
    rejectUnauthorized: true,
    ...(isIP(hostname) === 0 ? { serverName: hostname } : {}),
    ...(ca === undefined ? {} : { ca }),
  };
}

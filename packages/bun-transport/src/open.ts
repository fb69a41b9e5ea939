import process from "node:process";
import {
  type AbortSignal,
  type ClientTlsSettings,
  checkSocketPath,
  type Transport,
  type WebSocketUrl,
} from "@framewright/websocket/transport";
import type { Socket } from "bun";
import { BunTransport, socketHandlers } from "./bun-transport.ts";

/** Connects with `Bun.connect`. */
export async function open(
  url: WebSocketUrl,
  tls: ClientTlsSettings,
  signal: AbortSignal,
  opened: (transport: Transport) => void,
  connected: () => void,
): Promise<void> {
  const { hostname, port, secure, socketPath } = url;
  checkSocketPath(socketPath, process.platform);
  const address = socketPath === "" ? { hostname, port } : { unix: socketPath };
  // Loaded only if TLS is used.
  const options = secure && (await import("./client-tls.ts")).clientOptions(hostname, tls);
  if (signal.aborted) throw new Error("connecting was aborted");
  return new Promise((resolve, reject) => {
    const ready = (socket: Socket<BunTransport | undefined>) => {
      opened(new BunTransport(socket, secure));
      resolve();
    };
    Bun.connect<BunTransport | undefined>({
      ...(address as { hostname: string; port: number }),
      allowHalfOpen: true,
      ...(options === false ? {} : { tls: options }),
      socket: {
        ...socketHandlers,
        open(socket) {
          if (signal.aborted) return void socket.terminate();
          signal.addEventListener("abort", () => socket.terminate());
          connected();
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

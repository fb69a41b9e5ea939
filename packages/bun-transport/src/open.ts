import process from "node:process";
import {
  checkSocketPath,
  type OpeningProgress,
  type TransportTarget,
} from "@framewright/websocket/transport";
import type { Socket } from "bun";
import { BunTransport, socketHandlers } from "./bun-transport.ts";

/** Connects with `Bun.connect`. */
export async function open(target: TransportTarget, progress: OpeningProgress): Promise<void> {
  const { url, tls } = target;
  const { secure, socketPath } = url;
  const { signal } = progress;
  checkSocketPath(socketPath, process.platform);
  const address = socketPath === "" ? tcpAddress(target) : { unix: socketPath };
  // Loaded only if TLS is used.
  const options = secure && (await import("./client-tls.ts")).clientOptions(url.hostname, tls);
  if (signal.aborted) throw new Error("connecting was aborted");
  return new Promise((resolve, reject) => {
    const ready = (socket: Socket<BunTransport | undefined>) => {
      progress.opened(new BunTransport(socket, secure));
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
          if (secure) progress.reached("tls");
          else ready(socket);
        },
        // Bun calls `open` for a TLS socket before the server's certificate is verified.
        handshake(socket, success, error) {
          const isDone = success && error === null;
          if (isDone || (!tls.rejectUnauthorized && isEncrypted(socket, error))) ready(socket);
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

/** Bun's types do not have `localAddress`, which `Bun.connect` takes. */
function tcpAddress({ url: { port }, host, localAddress }: TransportTarget) {
  return { hostname: host, port, ...(localAddress === undefined ? {} : { localAddress }) };
}

/**
 * Whether the TLS handshake is done and only the certificate is invalid. For Bun that is a failure
 * as any other, also with `rejectUnauthorized: false`. A handshake that was broken off has no
 * cipher, or its error is EPROTO.
 */
function isEncrypted(socket: Socket<unknown>, error: Error | null): boolean {
  const { code } = (error ?? {}) as { code?: string };
  return code !== "EPROTO" && Boolean(socket.getCipher().name);
}

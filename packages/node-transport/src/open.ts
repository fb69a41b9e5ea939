import { connect, isIP } from "node:net";
import {
  checkSocketPath,
  type OpeningProgress,
  type TransportTarget,
} from "@framewright/websocket/transport";
import { NodeTransport } from "./node-transport.ts";

/** Connects with `node:net`, or with `node:tls` for `wss:`. */
export async function open(target: TransportTarget, progress: OpeningProgress): Promise<void> {
  const { url, host, localAddress } = target;
  const { port, secure, socketPath } = url;
  checkSocketPath(socketPath, process.platform);
  const address = socketPath === "" ? { host, port, localAddress } : { path: socketPath };
  // Loaded only if TLS is used.
  const { connectTls } = secure ? await import("./connect-tls.ts") : { connectTls: undefined };
  if (progress.signal.aborted) throw new Error("connecting was aborted");
  return new Promise((resolve, reject) => {
    const onOpen = () => {
      socket.off("error", reject);
      socket.setNoDelay(true);
      progress.opened(new NodeTransport(socket, secure));
      resolve();
    };
    const socket =
      connectTls?.(address, target, onOpen) ?? connect({ ...address, allowHalfOpen: true }, onOpen);
    if (socketPath === "" && isIP(host) === 0) {
      progress.reached("lookup");
      socket.once("lookup", () => progress.reached("connect"));
    }
    if (secure) socket.once("connect", () => progress.reached("tls"));
    socket.once("error", reject);
    progress.signal.addEventListener("abort", () => socket.destroy());
  });
}

import { isIP } from "node:net";
import { connect } from "node:tls";
import type { AbortSignal, Transport, WebSocketUrl } from "@framewright/websocket/transport";
import { TlsTransport } from "./tls-transport.ts";

/** Connects with `node:tls`. See `TlsTransport` for the reason. */
export function openTls(
  { hostname: host, port }: WebSocketUrl,
  ca: string | undefined,
  signal: AbortSignal,
  opened: (transport: Transport) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // The `abort` event may have fired while this module was loading.
    if (signal.aborted) {
      reject(new Error("connecting was aborted"));
      return;
    }
    const options = {
      host,
      port,
      allowHalfOpen: true,
      ALPNProtocols: ["http/1.1"],
      // An IP address must not be sent as a server name (RFC 6066 section 3).
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
    };
    const socket = connect(options, () => {
      socket.off("error", reject);
      socket.setNoDelay(true);
      opened(new TlsTransport(socket));
      resolve();
    });
    socket.once("error", reject);
    signal.addEventListener("abort", () => socket.destroy());
  });
}

import * as crypto from "node:crypto";
import { isIP } from "node:net";
import { connect } from "node:tls";
import type { OpeningProgress, TransportTarget } from "@framewright/websocket/transport";
import { readCertificates } from "@framewright/websocket/transport/extras";
import { tlsTransport } from "./tls-transport.ts";

/** Connects with `node:tls`. See `tlsTransport` for the reason. */
export function openTls(
  { url, host, localAddress, tls }: TransportTarget,
  progress: OpeningProgress,
): Promise<void> {
  const { hostname, port } = url;
  const { ca, certificate, serverName, minVersion, alpn, rejectUnauthorized } = tls;
  return new Promise((resolve, reject) => {
    // The `abort` event may have fired while this module was loading.
    if (progress.signal.aborted) {
      reject(new Error("connecting was aborted"));
      return;
    }
    readCertificates(crypto, { ca, ...certificate });
    const options = {
      host,
      port,
      localAddress,
      allowHalfOpen: true,
      ALPNProtocols: [...alpn],
      minVersion,
      rejectUnauthorized,
      // An IP address must not be sent as a server name (RFC 6066 section 3).
      ...(serverName === undefined && isIP(hostname) !== 0
        ? {}
        : { servername: serverName ?? hostname }),
      ...(ca === undefined ? {} : { ca }),
      ...certificate,
    };
    const socket = connect(options, () => {
      socket.off("error", reject);
      socket.setNoDelay(true);
      progress.opened(tlsTransport(socket));
      resolve();
    });
    if (isIP(host) === 0) {
      progress.reached("lookup");
      socket.once("lookup", () => progress.reached("connect"));
    }
    socket.once("connect", () => progress.reached("tls"));
    socket.once("error", reject);
    progress.signal.addEventListener("abort", () => socket.destroy());
  });
}

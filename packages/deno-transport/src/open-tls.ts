import * as crypto from "node:crypto";
import { isIP } from "node:net";
import { connect } from "node:tls";
import {
  type AbortSignal,
  type ClientTlsSettings,
  readCertificates,
  type Transport,
  type WebSocketUrl,
} from "@framewright/websocket/transport";
import { tlsTransport } from "./tls-transport.ts";

/** Connects with `node:tls`. See `tlsTransport` for the reason. */
export function openTls(
  { hostname: host, port }: WebSocketUrl,
  { ca, certificate, serverName, minVersion }: ClientTlsSettings,
  signal: AbortSignal,
  opened: (transport: Transport) => void,
  connected: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    // The `abort` event may have fired while this module was loading.
    if (signal.aborted) {
      reject(new Error("connecting was aborted"));
      return;
    }
    readCertificates(crypto, { ca, ...certificate });
    const options = {
      host,
      port,
      allowHalfOpen: true,
      ALPNProtocols: ["http/1.1"],
      minVersion,
      // An IP address must not be sent as a server name (RFC 6066 section 3).
      ...(serverName === undefined && isIP(host) !== 0 ? {} : { servername: serverName ?? host }),
      ...(ca === undefined ? {} : { ca }),
      ...certificate,
    };
    const socket = connect(options, () => {
      socket.off("error", reject);
      socket.setNoDelay(true);
      opened(tlsTransport(socket));
      resolve();
    });
    socket.once("connect", connected);
    socket.once("error", reject);
    signal.addEventListener("abort", () => socket.destroy());
  });
}

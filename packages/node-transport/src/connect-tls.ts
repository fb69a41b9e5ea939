import * as crypto from "node:crypto";
import { isIP } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import type { ClientTlsSettings, TransportTarget } from "@framewright/websocket/transport";
import { readCertificates } from "@framewright/websocket/transport/extras";

/**
 * Connects with `node:tls`.
 *
 * @param opened - Called when the server's certificate is verified.
 * @throws The runtime's error for a certificate or key that cannot be used.
 */
export function connectTls(
  address: ConnectionOptions,
  { url, tls }: TransportTarget,
  opened: () => void,
): TLSSocket {
  return connect({ ...address, ...tlsOptions(url.hostname, tls) }, opened);
}

function tlsOptions(host: string, tls: ClientTlsSettings) {
  const { ca, certificate, serverName, minVersion, alpn, rejectUnauthorized } = tls;
  readCertificates(crypto, { ca, ...certificate });
  return {
    allowHalfOpen: true,
    ...certificate,
    ...(ca === undefined ? {} : { ca }),
    // An IP address must not be sent as a server name (RFC 6066 section 3).
    ...(serverName === undefined && isIP(host) !== 0 ? {} : { servername: serverName ?? host }),
    minVersion,
    rejectUnauthorized,
    ALPNProtocols: [...alpn],
  };
}

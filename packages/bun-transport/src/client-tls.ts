import * as crypto from "node:crypto";
import { isIP } from "node:net";
import type { ClientTlsSettings } from "@framewright/websocket/transport";
import { readCertificates } from "@framewright/websocket/transport/extras";
import type { TLSOptions } from "bun";
import { protocolOptions } from "./tls-protocol.ts";

/**
 * Returns the options of `Bun.connect` for TLS. They are never empty, because Bun uses plain TCP for
 * an empty object.
 *
 * @param hostname - The host of the URL.
 * @throws Error if a certificate or key cannot be used.
 */
export function clientOptions(hostname: string, tls: ClientTlsSettings): TLSOptions {
  const { ca, certificate, serverName, minVersion, alpn, rejectUnauthorized } = tls;
  readCertificates(crypto, { ca, ...certificate });
  return {
    rejectUnauthorized,
    // An IP address must not be sent as a server name (RFC 6066 section 3).
    ...(serverName === undefined && isIP(hostname) !== 0
      ? {}
      : { serverName: serverName ?? hostname }),
    ...(ca === undefined ? {} : { ca }),
    ...certificate,
    ...protocolOptions(minVersion, alpn),
  };
}

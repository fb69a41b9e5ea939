import * as crypto from "node:crypto";
import type { TlsSettings } from "@framewright/websocket/transport";
import { readCertificates, verifiedCertificate } from "@framewright/websocket/transport/extras";
import type { Socket, SocketHandler, TLSOptions } from "bun";
import { type BunTransport, socketHandlers } from "./bun-transport.ts";
import { protocolOptions } from "./tls-protocol.ts";

/**
 * Returns the options of `Bun.listen` for TLS.
 *
 * @throws Error if a certificate or key cannot be used.
 */
export function serverOptions(tls: TlsSettings): TLSOptions {
  readCertificates(crypto, tls);
  const { cert, key, passphrase, ca, requestCert, minVersion, alpn } = tls;
  return {
    cert,
    key,
    ...(passphrase === undefined ? {} : { passphrase }),
    ...(ca === undefined ? {} : { ca }),
    requestCert: requestCert !== false,
    rejectUnauthorized: requestCert === true,
    ...protocolOptions(minVersion, alpn),
  };
}

/** Returns handlers for `Bun.listen` that verify clients, if the options request it. */
export function verifyingHandlers({ requestCert }: TlsSettings) {
  if (requestCert === false) return {};
  /** Connections whose TLS handshake has succeeded. Bun calls `open` before it. */
  const verified = new WeakSet<Socket<BunTransport | undefined>>();
  return {
    handshake(socket, success) {
      const certificate = success && verifiedCertificate(socket, requestCert === true);
      if (certificate === false) return void socket.terminate();
      if (socket.data !== undefined) socket.data.peerCertificate = certificate;
      verified.add(socket);
    },
    data(socket, bytes) {
      if (verified.has(socket)) socketHandlers.data(socket, bytes);
      else socket.terminate();
    },
  } satisfies Partial<SocketHandler<BunTransport | undefined>>;
}

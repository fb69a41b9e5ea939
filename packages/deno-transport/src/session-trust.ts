import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { PeerCertificate } from "@framewright/websocket/transport";

/** Maximum number of certificates that are remembered, of about 200 bytes each. */
const maxVerified = 10_000;

/**
 * Decides which clients that resume a TLS session are trusted. All servers of a Deno process have
 * the same keys for session tickets, and `setSecureContext` does not change them. Deno itself would
 * therefore accept a session that was verified by the authorities of another server, or by ones that
 * have been removed since.
 *
 * A resumed session is trusted if this server has verified its certificate in a full TLS handshake,
 * or if one of the present authorities has signed it.
 */
export class SessionTrust {
  /** The first authorities. */
  private readonly ca: string;
  /** The fingerprints of certificates that `ca` has verified, the oldest first. */
  private readonly verified = new Set<string>();

  /** @param ca - PEM, as in `TlsSettings`. */
  constructor(ca: string) {
    this.ca = ca;
  }

  /** @param ca - The present authorities. */
  isTrusted(socket: TLSSocket, { fingerprint256, raw }: PeerCertificate, ca: string): boolean {
    // A handshake that is complete after a change of the authorities may have begun before it, so
    // that nothing is remembered any more after the first change.
    const isFirst = ca === this.ca;
    if (!socket.isSessionReused()) {
      if (isFirst) this.remember(fingerprint256);
      return true;
    }
    return (isFirst && this.verified.has(fingerprint256)) || isIssuedBy(raw, ca);
  }

  private remember(fingerprint: string): void {
    const { verified } = this;
    verified.delete(fingerprint);
    verified.add(fingerprint);
    if (verified.size <= maxVerified) return;
    for (const oldest of verified) {
      verified.delete(oldest);
      return;
    }
  }
}

/** Whether a certificate is valid now and one of the authorities has signed it directly. */
function isIssuedBy(raw: Uint8Array, ca: string): boolean {
  const certificate = new X509Certificate(raw);
  const now = Date.now();
  const isValid =
    now >= Date.parse(certificate.validFrom) && now <= Date.parse(certificate.validTo);
  return isValid && authoritiesOf(ca).some((authority) => isSignedBy(certificate, authority));
}

function isSignedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

function authoritiesOf(ca: string): X509Certificate[] {
  const texts = ca.match(/-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----/gs) ?? [];
  return texts.map((text) => new X509Certificate(text));
}

/** The certificate of a client, which the server has verified. See `ServerTls.requestCert`. */
export interface PeerCertificate {
  /**
   * The subject's common name, or undefined if it has none or several. Only names that your
   * authority checks before it signs are worth trusting.
   */
  readonly commonName: string | undefined;
  /** The attributes of the subject, such as `{ CN: "alice", O: "Example" }`. */
  readonly subject: Readonly<Record<string, string | readonly string[] | undefined>>;
  /** SHA-256 of `raw`, as pairs of hexadecimal digits in upper case with colons between them. */
  readonly fingerprint256: string;
  /** The certificate in DER. A copy of its own. `new X509Certificate(raw)` of `node:crypto` reads it. */
  readonly raw: Uint8Array;
}

/** The used members of a `tls.TLSSocket` or `Bun.Socket`. */
export interface VerifiedSocket {
  readonly authorized: boolean;
  /** Without a certificate, the runtimes return null, undefined or an empty object. */
  getPeerCertificate():
    | {
        subject?: Record<string, string | string[] | undefined> | undefined;
        fingerprint256?: string | undefined;
        raw?: Uint8Array | undefined;
      }
    | null
    | undefined;
}

/**
 * Returns the certificate of a client after the TLS handshake. Does not throw.
 *
 * @param isRequired - Whether it must have one.
 * @param isTrusted - Called with a certificate that the runtime has verified.
 * @returns Undefined if it has none, false if its connection must be closed.
 */
export function verifiedCertificate(
  socket: VerifiedSocket,
  isRequired: boolean,
  isTrusted: (certificate: PeerCertificate) => boolean = () => true,
): PeerCertificate | undefined | false {
  try {
    const { subject, fingerprint256, raw } = socket.getPeerCertificate() ?? {};
    if (raw === undefined || fingerprint256 === undefined) return isRequired ? false : undefined;
    if (!socket.authorized) return false;
    const commonName = typeof subject?.CN === "string" ? subject.CN : undefined;
    const bytes = new Uint8Array(raw);
    const certificate = { commonName, subject: { ...subject }, fingerprint256, raw: bytes };
    return isTrusted(certificate) && certificate;
  } catch {
    // The runtimes do not parse every certificate that TLS accepts.
    return false;
  }
}

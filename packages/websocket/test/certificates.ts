import { checkServerIdentity, type PeerCertificate } from "node:tls";
import { generate } from "selfsigned";

/** Whether the runtime accepts certificates for IPv6 addresses. Node 22.23.3 does not. */
export const acceptsIpv6Certificates =
  checkServerIdentity("::1", {
    subject: { CN: "localhost" },
    subjectaltname: "IP Address:0:0:0:0:0:0:0:1",
  } as PeerCertificate) === undefined;

/** The certificate of an authority, and a server's certificate signed by it and its key, as PEM. */
export interface Certificates {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** What an authority signs. */
export interface CertificateRequest {
  readonly commonName: string;
  /** The host names of a server. Default: the certificate is a client's. */
  readonly hostNames?: readonly string[];
  readonly addresses?: readonly string[];
  /** Encrypts the key. */
  readonly passphrase?: string;
}

/** An authority that signs certificates. */
export interface Authority {
  /** Its certificate, as PEM. */
  readonly ca: string;
  issue(request: CertificateRequest): Promise<{ cert: string; key: string }>;
}

const day = 86_400_000;
const base = {
  keyType: "ec" as const,
  curve: "P-256" as const,
  algorithm: "sha256" as const,
  notBeforeDate: new Date(Date.now() - day),
  notAfterDate: new Date(Date.now() + 365 * day),
};

/** Creates an authority. */
export async function makeAuthority(name = "Framewright test authority"): Promise<Authority> {
  const ca = await generate([{ name: "commonName", value: name }], {
    ...base,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    ca: ca.cert,
    async issue({ commonName, hostNames, addresses = [], passphrase }) {
      const altNames = [
        ...(hostNames ?? []).map((value) => ({ type: 2 as const, value })),
        ...addresses.map((ip) => ({ type: 7 as const, ip })),
      ];
      const leaf = await generate([{ name: "commonName", value: commonName }], {
        ...base,
        ca: { key: ca.private, cert: ca.cert },
        ...(passphrase === undefined ? {} : { passphrase }),
        extensions: [
          { name: "basicConstraints", cA: false, critical: true },
          { name: "keyUsage", digitalSignature: true, critical: true },
          hostNames === undefined
            ? { name: "extKeyUsage", clientAuth: true }
            : { name: "extKeyUsage", serverAuth: true },
          ...(altNames.length === 0 ? [] : [{ name: "subjectAltName" as const, altNames }]),
        ],
      });
      return { cert: leaf.cert, key: leaf.private };
    },
  };
}

/** Creates an authority and a certificate for localhost, 127.0.0.1 and ::1. */
export async function makeCertificates(): Promise<Certificates> {
  const authority = await makeAuthority();
  const certificate = await authority.issue({
    commonName: "localhost",
    hostNames: ["localhost"],
    addresses: ["127.0.0.1", "::1"],
  });
  return { ca: authority.ca, ...certificate };
}

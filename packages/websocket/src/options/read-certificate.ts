import type { Certificate } from "./tls-values.ts";

/** The used parts of `node:crypto`. */
interface CryptoModule {
  X509Certificate: new (pem: string) => { checkPrivateKey(key: never): boolean };
  createPrivateKey(key: { key: string; passphrase?: string }): unknown;
}

/** What `readCertificates` reads of the options of a server or a client. */
interface Certificates extends Partial<Certificate> {
  readonly ca?: string | undefined;
  readonly serverNames?: ReadonlyMap<string, Certificate> | undefined;
}

/**
 * Reads all certificates and keys among the options `tls`, so that the errors are the same on all
 * runtimes. Deno would report an invalid one only when the first client connects.
 *
 * @param crypto - `node:crypto`.
 * @throws Error that names the option, if one cannot be read or a key is another certificate's.
 */
export function readCertificates(crypto: object, certificates: Certificates): void {
  const { cert, key, passphrase, ca, serverNames } = certificates;
  const module = crypto as CryptoModule;
  const named = passphrase === undefined ? {} : { passphrase };
  if (cert !== undefined && key !== undefined)
    readCertificate(module, "tls", { cert, key, ...named });
  if (ca !== undefined) reading("tls.ca", () => new module.X509Certificate(ca));
  for (const [name, certificate] of serverNames ?? []) {
    readCertificate(module, `tls.serverNames[${JSON.stringify(name)}]`, certificate);
  }
}

function readCertificate(crypto: CryptoModule, name: string, certificate: Certificate): void {
  const { cert, ...key } = certificate;
  const read = reading(`${name}.cert`, () => new crypto.X509Certificate(cert));
  const privateKey = reading(`${name}.key`, () => crypto.createPrivateKey(key));
  if (!read.checkPrivateKey(privateKey as never))
    throw new Error(`${name}.key is not the key of ${name}.cert`);
}

function reading<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new Error(`${name} cannot be read: ${(cause as Error).message}`, { cause });
  }
}

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Certificates, makeCertificates } from "../../websocket/test/certificates.ts";

/** Certificates for this machine as PEM text, and the paths of their files. */
export interface CertificateFiles extends Certificates {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Deletes the files. */
  remove(): Promise<void>;
}

/** Makes certificates in a new directory. */
export async function makeCertificateFiles(): Promise<CertificateFiles> {
  const certificates = await makeCertificates();
  const directory = await mkdtemp(join(tmpdir(), "framewright-"));
  const save = async (name: string, text: string) => {
    const file = join(directory, name);
    await writeFile(file, text, { mode: 0o600 });
    return file;
  };
  return {
    ...certificates,
    caFile: await save("ca.pem", certificates.ca),
    certFile: await save("cert.pem", certificates.cert),
    keyFile: await save("key.pem", certificates.key),
    remove: () => rm(directory, { recursive: true }),
  };
}

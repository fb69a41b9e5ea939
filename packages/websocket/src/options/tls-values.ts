import { typeError } from "@framewright/codec/internal";
import { optionError } from "./option-values.ts";

/** A version of TLS. Older ones are insecure, and the runtimes do not support all of them. */
export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** A certificate and its private key. */
export interface Certificate {
  /** The certificate, followed by those of its intermediate authorities, as text of a PEM file. */
  readonly cert: string;
  /** The private key, as the text of a PEM file. */
  readonly key: string;
  /** Decrypts `key`. Default: `key` is not encrypted. */
  readonly passphrase?: string;
}

/** Throws a TypeError if the option `name` is no object. */
export function checkObject(name: string, value: unknown): void {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw optionError(name, value, "an object");
}

/**
 * Validates the certificate and key among the options `name`.
 *
 * @throws TypeError that names the option. It has no value of it, because that may be a secret.
 */
export function checkCertificate(name: string, { cert, key, passphrase }: Certificate): void {
  if (typeof cert !== "string" || typeof key !== "string") {
    const message = `option ${name}.cert and ${name}.key must be the text of PEM files`;
    throw typeError("WS_ERR_INVALID_OPTION", message);
  }
  if (passphrase !== undefined && typeof passphrase !== "string")
    throw typeError("WS_ERR_INVALID_OPTION", `option ${name}.passphrase must be a string`);
}

/** Throws a TypeError if the option `tls.ca` is set to something other than a string. */
export function checkCa(ca: unknown): void {
  if (ca !== undefined && typeof ca !== "string")
    throw typeError("WS_ERR_INVALID_OPTION", "option tls.ca must be the text of a PEM file");
}

/** Validates the option `tls.minVersion` and returns it or its default. */
export function checkMinVersion(minVersion: TlsVersion = "TLSv1.2"): TlsVersion {
  if (minVersion !== "TLSv1.2" && minVersion !== "TLSv1.3")
    throw optionError("tls.minVersion", minVersion, '"TLSv1.2" or "TLSv1.3"');
  return minVersion;
}

/** Validates the option `tls.alpn`. Returns a copy. */
export function checkAlpn(alpn: readonly string[]): readonly string[] {
  // A name has 1 to 255 bytes (RFC 7301 section 3.1). The runtimes agree on ASCII alone.
  const isName = (name: unknown) => typeof name === "string" && /^[!-~]{1,255}$/.test(name);
  if (!Array.isArray(alpn) || !alpn.every(isName))
    throw optionError("tls.alpn", JSON.stringify(alpn), "a list of protocol names");
  return [...alpn];
}

/** A host name of ASCII labels. A last label of digits alone would make it an IPv4 address. */
const hostNamePattern = /^(?:[a-z0-9_-]{1,63}\.)*(?=[^.]*[a-z_-])[a-z0-9_-]{1,63}$/i;

/** Whether a string is a host name that TLS can transfer (RFC 6066 section 3): no IP address. */
export function isHostName(name: unknown): name is string {
  return typeof name === "string" && name.length <= 253 && hostNamePattern.test(name);
}

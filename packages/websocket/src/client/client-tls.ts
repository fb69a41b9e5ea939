import { typeError } from "@framewright/codec/internal";
import { checkKeys, optionError } from "../options/option-values.ts";
import {
  type Certificate,
  checkAlpn,
  checkCa,
  checkCertificate,
  checkMinVersion,
  checkObject,
  isHostName,
  type TlsVersion,
} from "../options/tls-values.ts";

/** How a client uses TLS. */
export interface ClientTls extends Partial<Certificate> {
  /**
   * Certificates of the authorities to trust, as the text of a PEM file. Default: the runtime's own
   * list.
   */
  readonly ca?: string;
  /**
   * The host name to ask the server for and to verify its certificate against. Default: the host of
   * the URL.
   */
  readonly serverName?: string;
  /** Servers that support only older versions are refused. Default "TLSv1.2". */
  readonly minVersion?: TlsVersion;
  /**
   * Protocols to offer in application-layer protocol negotiation (ALPN), in order of preference.
   * Whatever the server chooses, the client speaks HTTP/1.1. An empty array offers none. Default
   * ["http/1.1"]. The option `http2` offers "h2" by itself.
   */
  readonly alpn?: readonly string[];
  /**
   * Dangerous: `false` accepts any certificate, also an expired one or that of another host, so that
   * whoever is on the way to the server can read and change everything. For tests only; to trust a
   * certificate of your own, pass it as `ca`. Default true.
   */
  readonly rejectUnauthorized?: boolean;
}

/** Validated options for TLS, with their defaults. */
export interface ClientTlsSettings {
  readonly ca: string | undefined;
  /** What the client shows to servers that ask for a certificate. */
  readonly certificate: Certificate | undefined;
  /** Undefined for the host of the URL. */
  readonly serverName: string | undefined;
  readonly minVersion: TlsVersion;
  readonly alpn: readonly string[];
  /** Whether the server's certificate must be valid. */
  readonly rejectUnauthorized: boolean;
}

const keys = [
  "ca",
  "cert",
  "key",
  "passphrase",
  "serverName",
  "minVersion",
  "alpn",
  "rejectUnauthorized",
];

/**
 * Validates the option `tls` of `connect`. Does not read certificates and keys.
 *
 * @throws TypeError for an invalid option.
 */
export function checkClientTls(tls: ClientTls = {}): ClientTlsSettings {
  checkObject("tls", tls);
  checkKeys("tls", tls, keys);
  checkCa(tls.ca);
  const { ca, cert, key, passphrase, serverName, minVersion } = tls;
  const { alpn = ["http/1.1"], rejectUnauthorized = true } = tls;
  let certificate: Certificate | undefined;
  if (cert !== undefined || key !== undefined) {
    checkCertificate("tls", tls as Certificate);
    certificate = { cert, key, ...(passphrase === undefined ? {} : { passphrase }) } as Certificate;
  } else if (passphrase !== undefined) {
    throw typeError("WS_ERR_INVALID_OPTION", "option tls.passphrase needs tls.key");
  }
  // TLS cannot transfer an IP address as a server name (RFC 6066 section 3).
  if (serverName !== undefined && !isHostName(serverName))
    throw optionError("tls.serverName", serverName, "a host name in ASCII");
  if (typeof rejectUnauthorized !== "boolean")
    throw optionError("tls.rejectUnauthorized", rejectUnauthorized, "a boolean");
  return {
    ca,
    certificate,
    serverName,
    minVersion: checkMinVersion(minVersion),
    alpn: checkAlpn(alpn),
    rejectUnauthorized,
  };
}

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

/** How a server uses TLS. docs/runtimes.md lists the differences between runtimes. */
export interface ServerTls extends Certificate {
  /**
   * Certificates for the names that clients ask for (server name indication). A name such as
   * "*.example.com" stands for all names with one more label. `cert` serves all other names, and
   * clients that send none. Default: `cert` for all.
   */
  readonly serverNames?: Readonly<Record<string, Certificate>>;
  /**
   * Whether clients must have a certificate that one of `ca` has signed. With "optional" they may
   * have none; `request.peerCertificate` is then undefined. A certificate that cannot be verified
   * always ends the connection. Default false.
   */
  readonly requestCert?: boolean | "optional";
  /**
   * Certificates of the authorities that sign the certificates of clients, as the text of a PEM
   * file. Required with `requestCert`: by default the runtimes would accept those of all public
   * authorities.
   */
  readonly ca?: string;
  /** Clients that support only older versions are refused. Default "TLSv1.2". */
  readonly minVersion?: TlsVersion;
  /**
   * Protocols for application-layer protocol negotiation (ALPN), in order of preference. Clients
   * that offer others alone are refused, and those that do not use ALPN are not. An empty array
   * turns it off. Default ["http/1.1"], the only one that the server speaks.
   */
  readonly alpn?: readonly string[];
}

/** Validated options for TLS, with their defaults. */
export interface TlsSettings extends Certificate {
  /** By name in lower case. Undefined if the option was not set. */
  readonly serverNames: ReadonlyMap<string, Certificate> | undefined;
  readonly requestCert: boolean | "optional";
  readonly ca: string | undefined;
  readonly minVersion: TlsVersion;
  readonly alpn: readonly string[];
}

const certificateKeys = ["cert", "key", "passphrase"];
const keys = [...certificateKeys, "serverNames", "requestCert", "ca", "minVersion", "alpn"];

/**
 * Validates the option `tls` of `serve`. Does not read certificates and keys.
 *
 * @throws TypeError for an invalid option.
 */
export function checkServerTls(tls: ServerTls): TlsSettings {
  checkObject("tls", tls);
  checkKeys("tls", tls, keys);
  checkCertificate("tls", tls);
  checkCa(tls.ca);
  const { requestCert = false, ca, alpn = ["http/1.1"] } = tls;
  if (typeof requestCert !== "boolean" && requestCert !== "optional")
    throw optionError("tls.requestCert", requestCert, 'a boolean or "optional"');
  if ((requestCert !== false) !== (ca !== undefined)) {
    const message = "options tls.requestCert and tls.ca need each other";
    throw typeError("WS_ERR_INVALID_OPTION", message);
  }
  return {
    ...certificateOf(tls),
    serverNames: tls.serverNames && checkServerNames(tls.serverNames),
    requestCert,
    ca,
    minVersion: checkMinVersion(tls.minVersion),
    alpn: checkAlpn(alpn),
  };
}

/**
 * Validates new options for a server that already uses TLS. The runtimes fix some of them when a
 * server starts.
 *
 * @throws TypeError for an invalid option, or one that cannot change.
 */
export function checkNewTls(tls: ServerTls, current: TlsSettings): TlsSettings {
  const settings = checkServerTls(tls);
  for (const name of ["requestCert", "alpn"] as const) {
    if (String(settings[name]) === String(current[name])) continue;
    const message = `option tls.${name} must stay ${JSON.stringify(current[name])}`;
    throw typeError("WS_ERR_INVALID_OPTION", message);
  }
  return settings;
}

/**
 * Finds what belongs to a server name (RFC 6066 section 3). A wildcard stands for one label.
 *
 * @param names - In lower case.
 * @param name - As the client sent it.
 */
export function findServerName<T>(names: ReadonlyMap<string, T>, name: string): T | undefined {
  const lower = name.toLowerCase();
  return names.get(lower) ?? names.get(lower.replace(/^[^.]+\./, "*."));
}

function checkServerNames(serverNames: unknown): ReadonlyMap<string, Certificate> {
  checkObject("tls.serverNames", serverNames);
  const certificates = new Map<string, Certificate>();
  for (const [name, value] of Object.entries(serverNames as Record<string, Certificate>)) {
    if (!isHostName(name.replace(/^\*\.(?=[^.]+\.)/, "")))
      throw optionError("tls.serverNames", name, "by host names in ASCII");
    const option = `tls.serverNames[${JSON.stringify(name)}]`;
    checkObject(option, value);
    checkKeys(option, value, certificateKeys);
    checkCertificate(option, value);
    certificates.set(name.toLowerCase(), certificateOf(value));
  }
  return certificates;
}

function certificateOf({ cert, key, passphrase }: Certificate): Certificate {
  return passphrase === undefined ? { cert, key } : { cert, key, passphrase };
}

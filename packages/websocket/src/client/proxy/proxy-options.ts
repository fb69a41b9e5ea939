import type { HeadersInit } from "@framewright/codec/handshake";
import { formatHeaders, typeError } from "@framewright/codec/internal";
import { checkKeys } from "../../options/option-values.ts";
import { type ClientTls, type ClientTlsSettings, checkClientTls } from "../client-tls.ts";
import { type ProxyUrl, parseProxyUrl } from "./proxy-url.ts";

/** A proxy, with what its URL cannot say. */
export interface ProxyOptions {
  /** The proxy's URL, or "env": see the option `proxy` of `connect`. */
  readonly url: string;
  /**
   * Additional headers of the CONNECT request to an HTTP proxy. `Proxy-Authorization` replaces the
   * credentials of the URL. Default: none.
   */
  readonly headers?: HeadersInit;
  /** How to use TLS with an `https:` proxy. TLS with the server is the option `tls`. */
  readonly tls?: ClientTls;
}

/** The validated option `proxy`. */
export interface ProxySettings {
  readonly url: ProxyUrl | "env";
  /** Formatted header lines. */
  readonly headers: string;
  readonly tls: ClientTlsSettings;
}

/** Headers of a CONNECT request that the library sets itself. */
const reservedHeaders: ReadonlySet<string> = new Set([
  "host",
  "content-length",
  "transfer-encoding",
]);

/**
 * Validates the option `proxy`. No error contains a part of the URL, because that may be a password.
 *
 * @param socketPath - The Unix socket to connect to, or "". Proxies of the environment do not apply.
 * @param http2 - The option `http2`. With `true`, HTTP/1.1 is used through a proxy.
 * @returns Undefined for a connection without a proxy.
 * @throws TypeError with code `WS_ERR_INVALID_PROXY` or `WS_ERR_INVALID_OPTION`.
 */
export function checkProxy(
  option: unknown,
  socketPath: string,
  http2: unknown,
): ProxySettings | undefined {
  if (option === undefined || option === false) return undefined;
  const settings = parseOption(option);
  if (socketPath !== "" && settings.url !== "env")
    throw invalidProxy("cannot be used with Unix sockets");
  // The connection of a session bypasses the proxy.
  if (typeof http2 === "object")
    throw invalidProxy("cannot be used with a session as option http2");
  return settings;
}

function parseOption(option: unknown): ProxySettings {
  const isText = typeof option === "string";
  if (!isText && (typeof option !== "object" || option === null))
    throw invalidProxy(`must be a URL, "env", an object or false, got ${typeof option}`);
  const { url, headers, tls } = (isText ? { url: option } : option) as ProxyOptions;
  if (!isText) checkKeys("proxy", option as object, ["url", "headers", "tls"]);
  if (typeof url !== "string") throw invalidProxy(`needs a string as its url, got ${typeof url}`);
  const parsed = url === "env" ? undefined : parseProxyUrl(url);
  if (typeof parsed === "string") throw invalidProxy(`has an invalid URL: ${parsed}`);
  if (headers !== undefined && parsed?.protocol === "socks5")
    throw invalidProxy("has headers, which SOCKS proxies cannot take");
  return {
    url: parsed ?? "env",
    headers: renaming(/^/, "option proxy.headers: ", () =>
      formatHeaders(headers ?? {}, reservedHeaders),
    ),
    tls: renaming(/^option tls/, "option proxy.tls", () => checkClientTls(tls)),
  };
}

function invalidProxy(what: string): TypeError {
  return typeError("WS_ERR_INVALID_PROXY", `option proxy ${what}`);
}

/** Calls a function. Its error gets the name of the option, and loses a header's value. */
function renaming<T>(before: RegExp, after: string, check: () => T): T {
  try {
    return check();
  } catch (error) {
    const { message } = error as Error;
    const known = message.replace(/^(invalid value for header [^:]*):.*$/s, "$1");
    throw typeError("WS_ERR_INVALID_OPTION", known.replace(before, after));
  }
}

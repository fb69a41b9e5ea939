import type { WebSocketUrl } from "@framewright/codec/handshake";
import { typeError } from "@framewright/codec/internal";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import { checkLocalAddress, checkLookup, familyOf } from "./addresses.ts";
import { type ClientTlsSettings, checkClientTls } from "./client-tls.ts";
import type { AnyConnectOptions } from "./connect-options.ts";
import type { HandshakeLimits } from "./handshake-limits.ts";
import { checkHttp2, type Http2Choice } from "./http2-option.ts";
import { type Addresses, openByAddress } from "./open-by-address.ts";
import { checkProxy, type ProxySettings } from "./proxy/proxy-options.ts";
import { checkRedirects } from "./redirect-options.ts";
import { RedirectChain } from "./redirects.ts";

/** The options of `connect` that most programs leave out, validated. */
export interface SpecialOptions {
  readonly tls: ClientTlsSettings;
  readonly http2: Http2Choice;
  readonly proxy: ProxySettings | undefined;
  readonly localAddress: string | undefined;
  /** How to look up host names, unless the runtime does it. */
  readonly addresses: Addresses | undefined;
  /** Follows redirects, if that is wanted. */
  readonly redirects: RedirectChain | undefined;
}

/**
 * Validates the options.
 *
 * @throws TypeError, RangeError or UnsupportedError that names the option.
 */
export function checkSpecialOptions(
  url: WebSocketUrl,
  options: AnyConnectOptions<never>,
  limits: HandshakeLimits,
  support: RuntimeSupport,
): SpecialOptions {
  if (options.localAddress !== undefined && url.socketPath !== "") {
    const message = "option localAddress cannot be used with Unix sockets";
    throw typeError("WS_ERR_INVALID_OPTION", message);
  }
  const tls = checkClientTls(options.tls);
  const http2 = checkHttp2(options.http2, support, url.socketPath);
  const proxy = checkProxy(options.proxy, url.socketPath, options.http2);
  const lookup = checkLookup(options, limits, support.resolveName);
  const localAddress = checkLocalAddress(options.localAddress);
  const redirects = checkRedirects(options.redirects);
  return {
    tls,
    http2,
    proxy,
    localAddress,
    addresses: lookup && { lookup, appliesTo: hasHostName, open: openByAddress },
    redirects: redirects.max === 0 ? undefined : new RedirectChain(redirects, url),
  };
}

function hasHostName({ socketPath, hostname }: WebSocketUrl): boolean {
  return socketPath === "" && familyOf(hostname) === 0;
}

import { HandshakeError } from "@framewright/codec";
import { DeflateOffer } from "@framewright/codec/deflate";
import {
  encodeKey,
  encodeUpgradeRequest,
  type HeadersInit,
  parseWebSocketUrl,
  type UpgradeRequest,
  type WebSocketUrl,
} from "@framewright/codec/handshake";
import { shownValue, typeError } from "@framewright/codec/internal";
import { checkOptionNames, checkOptions } from "../options/option-values.ts";
import { globals } from "../runtime/globals.ts";
import { type RuntimeSupport, socketSettings } from "../socket/socket-options.ts";
import type { Socket } from "../socket/socket-types.ts";
import { checkLocalAddress, checkLookup, familyOf } from "./addresses.ts";
import { type Attempt, timeFor } from "./attempt.ts";
import { ClientHandshake } from "./client-handshake.ts";
import { type ClientTlsSettings, checkClientTls } from "./client-tls.ts";
import { checkHttp2, connectHttp2 } from "./connect-http2.ts";
import {
  type ConnectOptions,
  checkConcurrentConnects,
  checkSignal,
  connectOptionNames,
} from "./connect-options.ts";
import { formatUrl } from "./handshake-fault.ts";
import { checkHandshakeLimits } from "./handshake-limits.ts";
import type { OpenTransport } from "./open-transport.ts";
import { checkProxy, type ProxySettings } from "./proxy/proxy-options.ts";
import { checkRedirects, invalidRedirect, isRedirect, RedirectChain } from "./redirects.ts";

/**
 * Connects to a server: opens a transport and performs the client's opening handshake (RFC 6455
 * section 4.1), both within the handshake timeout, which starts now. Each transport package
 * implements `connect` with it.
 *
 * @param options - Retained, not modified. Its handlers are called as its methods.
 * @param support - Retained, not modified.
 * @throws TypeError or RangeError for an invalid URL or option; UnsupportedError for an option that
 *   the runtime cannot implement; the reason of the option `signal` if it is aborted; HandshakeError
 *   for any other failure.
 */
export async function connectWith<Data>(
  url: string | { readonly href: string },
  options: ConnectOptions<Data>,
  open: OpenTransport,
  support: RuntimeSupport = {},
): Promise<Socket<Data>> {
  const parsed = parseWebSocketUrl(urlText(url));
  checkOptions(options, "connect");
  checkOptionNames(options, connectOptionNames);
  return prepareConnect(parsed, options, open, support)();
}

/** Returns the text of a URL. */
function urlText(url: unknown): string {
  const text = typeof url === "object" && url !== null ? (url as { href?: unknown }).href : url;
  if (typeof text === "string") return text;
  throw typeError("WS_ERR_INVALID_URL", `a URL must be a string or a URL, got ${shownValue(url)}`);
}

/**
 * Validates the options of `connect`. The handshake timeout starts.
 *
 * @returns A function that connects. Call it once, at once.
 * @throws TypeError, RangeError or UnsupportedError for an invalid option, before a transport is
 *   opened.
 */
export function prepareConnect<Data>(
  url: WebSocketUrl,
  options: ConnectOptions<Data>,
  open: OpenTransport,
  support: RuntimeSupport,
): () => Promise<Socket<Data>> {
  const call = checkCall(url, options, open, support);
  const chain = call.redirects.max === 0 ? undefined : new RedirectChain(call.redirects.max, url);
  const attempt = createAttempt(call, url, call.tls, options.headers ?? {}, chain);
  return () => (chain === undefined ? connectOnce(call, attempt) : follow(call, attempt, chain));
}

/** The validated options of one call of `connect`. */
type Call<Data> = ReturnType<typeof checkCall<Data>>;

function checkCall<Data>(
  url: WebSocketUrl,
  options: ConnectOptions<Data>,
  open: OpenTransport,
  support: RuntimeSupport,
) {
  const limits = checkHandshakeLimits(options.handshakeTimeout);
  if (options.localAddress !== undefined && url.socketPath !== "") {
    const message = "option localAddress cannot be used with Unix sockets";
    throw typeError("WS_ERR_INVALID_OPTION", message);
  }
  return {
    settings: socketSettings("client", options, support),
    limits,
    deadline: globals.performance.now() + limits.total,
    maxConnecting: checkConcurrentConnects(options.concurrentConnects),
    tls: checkClientTls(options.tls),
    http2: checkHttp2(options.http2, support, url.socketPath),
    proxy: checkProxy(options.proxy, url.socketPath, options.http2),
    lookup: checkLookup(options, limits, support.resolveName),
    localAddress: checkLocalAddress(options.localAddress),
    redirects: checkRedirects(options.redirects),
    signal: checkSignal(options.signal),
    subprotocols: options.subprotocols ?? [],
    data: options.data as Data,
    open,
    support,
  };
}

/**
 * Prepares an opening handshake. Its memory for compression is reserved until it ends.
 *
 * @throws TypeError for an invalid header.
 */
function createAttempt<Data>(
  call: Call<Data>,
  url: WebSocketUrl,
  tls: ClientTlsSettings,
  headers: HeadersInit,
  chain: RedirectChain | undefined,
): Attempt<Data> {
  const { settings, lookup, localAddress, data, limits, deadline, signal, subprotocols } = call;
  const offer =
    settings.compression === undefined ? undefined : new DeflateOffer(settings.compression);
  const request: UpgradeRequest = {
    url,
    key: encodeKey(globals.crypto.getRandomValues(new Uint8Array(16))),
    subprotocols,
    extensions: offer === undefined ? [] : [offer.extension],
    headers,
  };
  const needsLookup = url.socketPath === "" && familyOf(url.hostname) === 0;
  return {
    settings,
    target: { url, host: url.hostname, localAddress, tls },
    lookup: needsLookup ? lookup : undefined,
    request,
    bytes: encodeRequest(request, offer),
    offer,
    data,
    limits,
    deadline,
    signal,
    followsRedirects: chain?.mayFollow === true,
  };
}

function encodeRequest(request: UpgradeRequest, offer: DeflateOffer | undefined): Uint8Array {
  try {
    return encodeUpgradeRequest(request);
  } catch (error) {
    offer?.withdraw();
    throw error;
  }
}

async function connectOnce<Data>(call: Call<Data>, attempt: Attempt<Data>): Promise<Socket<Data>> {
  const { signal, offer } = attempt;
  const throughProxy =
    call.proxy === undefined ? undefined : await findProxy(call.proxy, call, attempt);
  if (signal?.aborted) {
    offer?.withdraw();
    throw signal.reason;
  }
  if (call.http2 !== false && throughProxy === undefined) {
    let socket: Socket<Data> | undefined;
    try {
      socket = await connectHttp2(call.http2, attempt, call.support);
    } catch (error) {
      offer?.withdraw();
      throw error;
    }
    if (socket !== undefined) {
      offer?.withdraw();
      return socket;
    }
  }
  return new Promise((resolve, reject) => {
    // A proxy resolves the host name.
    const used = throughProxy === undefined ? attempt : { ...attempt, lookup: undefined };
    const open = throughProxy ?? call.open;
    new ClientHandshake(used, resolve, reject).connect(open, call.maxConnecting);
  });
}

/** Returns how to open the transport through a proxy, or undefined if none applies. */
async function findProxy<Data>(
  proxy: ProxySettings,
  { open, lookup, support: { tlsModules } }: Call<Data>,
  attempt: Attempt<Data>,
): Promise<OpenTransport | undefined> {
  // Loaded only if proxies are used.
  const { proxyOpener } = await import("./proxy/proxy-opener.ts");
  const timeLeft = () => timeFor(attempt, "proxy");
  return proxyOpener(proxy, attempt.target.url, { open, lookup, timeLeft, tlsModules });
}

/** Connects, and follows redirects (RFC 6455 section 4.1, item 1 of the server's response). */
async function follow<Data>(
  call: Call<Data>,
  first: Attempt<Data>,
  chain: RedirectChain,
): Promise<Socket<Data>> {
  let attempt = first;
  let { headers } = first.request;
  for (;;) {
    try {
      return await connectOnce(call, attempt);
    } catch (error) {
      if (!(error instanceof HandshakeError && isRedirect(error))) throw error;
      const { url, isSameOrigin } = chain.follow(error, attempt.target.url);
      let { tls } = attempt.target;
      if (!isSameOrigin) {
        if (typeof call.http2 === "object")
          throw invalidRedirect(error, "the session of option http2 is for another origin");
        headers = call.redirects.headers?.(formatUrl(url)) ?? {};
        tls = { ...tls, serverName: undefined, certificate: undefined };
      }
      attempt = createAttempt(call, url, tls, headers, chain);
    }
  }
}

import type { DeflateOffer } from "@framewright/codec/deflate";
import {
  encodeKey,
  encodeUpgradeRequest,
  type HeadersInit,
  parseWebSocketUrl,
  type UpgradeRequest,
  type WebSocketUrl,
} from "@framewright/codec/handshake";
import { shownValue, typeError } from "@framewright/codec/internal";
import { checkFunctions, checkOptionNames, checkOptions } from "../options/option-values.ts";
import { globals } from "../runtime/globals.ts";
import {
  type LoadedSupport,
  type RuntimeSupport,
  socketSettings,
} from "../socket/socket-options.ts";
import type { Socket } from "../socket/socket-types.ts";
import { type Attempt, timeFor } from "./attempt.ts";
import { ClientHandshake } from "./client-handshake.ts";
import type { ClientTlsSettings } from "./client-tls.ts";
import {
  type AnyConnectOptions,
  checkConcurrentConnects,
  checkSignal,
  connectOptionNames,
} from "./connect-options.ts";
import { type ConnectParts, loadConnectParts } from "./connect-parts.ts";
import { connectError } from "./handshake-fault.ts";
import { checkHandshakeLimits } from "./handshake-limits.ts";
import type { Http2Choice } from "./http2-option.ts";
import type { OpenTransport } from "./open-transport.ts";
import type { ProxySettings } from "./proxy/proxy-options.ts";
import type { SpecialOptions } from "./special-options.ts";

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
  options: AnyConnectOptions<Data>,
  open: OpenTransport,
  support: RuntimeSupport = {},
): Promise<Socket<Data>> {
  const parsed = parseWebSocketUrl(urlText(url));
  checkOptions(options, "connect");
  checkOptionNames(options, connectOptionNames);
  const start = globals.performance.now();
  const loading = loadConnectParts(options);
  const parts =
    loading === undefined
      ? {}
      : await loading.catch((error) => {
          throw connectError(parsed, error);
        });
  return prepareConnect(parsed, options, open, { ...support, parts }, start)();
}

/** Returns the text of a URL. */
function urlText(url: unknown): string {
  const text = typeof url === "object" && url !== null ? (url as { href?: unknown }).href : url;
  if (typeof text === "string") return text;
  throw typeError("WS_ERR_INVALID_URL", `a URL must be a string or a URL, got ${shownValue(url)}`);
}

/**
 * Validates the options of `connect`.
 *
 * @param support - With the parts that the options need.
 * @param start - When the handshake timeout starts, on the clock of `performance.now`.
 * @returns A function that connects. Call it once, at once.
 * @throws TypeError, RangeError or UnsupportedError for an invalid option, before a transport is
 *   opened.
 */
export function prepareConnect<Data>(
  url: WebSocketUrl,
  options: AnyConnectOptions<Data>,
  open: OpenTransport,
  support: ClientSupport,
  start = globals.performance.now(),
): () => Promise<Socket<Data>> {
  const call = checkCall(url, options, open, support, start);
  const { tls, http2, redirects } = call;
  const first = createAttempt(call, url, tls, options.headers ?? {});
  if (redirects === undefined) return () => connectOnce(call, first);
  return () =>
    redirects.connect(
      first,
      http2,
      (attempt) => connectOnce(call, attempt),
      (url, tls, headers) => createAttempt(call, url, tls, headers),
    );
}

/** With what the options of a client need. */
export interface ClientSupport extends LoadedSupport {
  readonly parts: ConnectParts;
}

/** What the options of `SpecialOptions` are if none of them is set. */
export const usualOptions: SpecialOptions = {
  tls: {
    ca: undefined,
    certificate: undefined,
    serverName: undefined,
    minVersion: "TLSv1.2",
    alpn: ["http/1.1"],
    rejectUnauthorized: true,
  },
  http2: false,
  proxy: undefined,
  localAddress: undefined,
  addresses: undefined,
  redirects: undefined,
};

/** The validated options of one call of `connect`. */
type Call<Data> = ReturnType<typeof checkCall<Data>>;

function checkCall<Data>(
  url: WebSocketUrl,
  options: AnyConnectOptions<Data>,
  open: OpenTransport,
  support: ClientSupport,
  start: number,
) {
  checkFunctions(options, ["response"]);
  const limits = checkHandshakeLimits(options.handshakeTimeout);
  const special = support.parts.special?.(
    url,
    options as AnyConnectOptions<never>,
    limits,
    support,
  );
  return {
    ...(special ?? usualOptions),
    settings: socketSettings("client", options, support),
    limits,
    deadline: start + limits.total,
    maxConnecting: checkConcurrentConnects(options.concurrentConnects),
    signal: checkSignal(options.signal),
    subprotocols: options.subprotocols ?? [],
    data: options.data as Data,
    options,
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
): Attempt<Data> {
  const { settings, addresses, localAddress, data, options, limits, deadline, signal, redirects } =
    call;
  const offer = settings.compression?.offer();
  const request: UpgradeRequest = {
    url,
    key: encodeKey(globals.crypto.getRandomValues(new Uint8Array(16))),
    subprotocols: call.subprotocols,
    extensions: offer === undefined ? [] : [offer.extension],
    headers,
  };
  return {
    settings,
    target: { url, host: url.hostname, localAddress, tls },
    addresses: addresses?.appliesTo(url) ? addresses : undefined,
    request,
    bytes: encodeRequest(request, offer),
    offer,
    data,
    options,
    limits,
    deadline,
    signal,
    redirects,
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
      socket = await connectOverHttp2(call.http2, attempt, call.support);
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
    const used = throughProxy === undefined ? attempt : { ...attempt, addresses: undefined };
    const open = throughProxy ?? call.open;
    new ClientHandshake(used, resolve, reject).connect(open, call.maxConnecting);
  });
}

/** See `connectHttp2`. */
async function connectOverHttp2<Data>(
  http2: Exclude<Http2Choice, false>,
  attempt: Attempt<Data>,
  support: RuntimeSupport,
): Promise<Socket<Data> | undefined> {
  const { connectHttp2 } = await load(() => import("./connect-http2.ts"), attempt);
  const { signal } = attempt;
  if (signal?.aborted) throw signal.reason;
  return connectHttp2(http2, attempt, support);
}

/** Loads what few programs use. A file that is missing is a failure to connect. */
function load<T, Data>(part: () => Promise<T>, { target }: Attempt<Data>): Promise<T> {
  return part().catch((error) => {
    throw connectError(target.url, error);
  });
}

/** Returns how to open the transport through a proxy, or undefined if none applies. */
async function findProxy<Data>(
  proxy: ProxySettings,
  { open, addresses, support: { tlsModules } }: Call<Data>,
  attempt: Attempt<Data>,
): Promise<OpenTransport | undefined> {
  const { proxyOpener } = await load(() => import("./proxy/proxy-opener.ts"), attempt);
  const timeLeft = () => timeFor(attempt, "proxy");
  return proxyOpener(proxy, attempt.target.url, {
    open,
    lookup: addresses?.lookup,
    timeLeft,
    tlsModules,
  });
}

import type { HeadersInit, HttpHeaders } from "@framewright/codec/handshake";
import { checkInteger, type OptionNames, optionError } from "../options/option-values.ts";
import type { AbortSignal, RuntimeSignal } from "../runtime/globals.ts";
import { type HandlerResult, type Handlers, handlerNames } from "../socket/handlers.ts";
import { type CommonOptions, commonOptionNames } from "../socket/socket-options.ts";
import type { Socket } from "../socket/socket-types.ts";
import type { AddressOptions } from "./addresses.ts";
import type { ClientTls } from "./client-tls.ts";
import type { HandshakeTimeouts } from "./handshake-limits.ts";
import type { Http2Session } from "./http2-sessions.ts";
import type { ProxyOptions } from "./proxy/proxy-options.ts";
import type { RedirectOptions } from "./redirect-options.ts";

/**
 * Options and handlers of `connect`. `data` may only be omitted if `undefined` is a value of `Data`.
 */
export type ConnectOptions<Data = undefined> = AnyConnectOptions<Data> & DataIfNeeded<Data>;

/** Requires `data` of a client whose sockets have data. Without it, `socket.data` is undefined. */
export type DataIfNeeded<Data> = undefined extends Data ? unknown : { data: Data };

/** `ConnectOptions`, where `data` may always be omitted. */
export interface AnyConnectOptions<Data = undefined>
  extends Handlers<Data>,
    Omit<CommonOptions, "handshakeTimeout">,
    AddressOptions {
  /** Subprotocols to offer, in order of preference. Default: none. */
  subprotocols?: readonly string[];
  /**
   * Additional headers of the opening handshake. Default: none. `Authorization` replaces the
   * credentials of a URL such as `ws://user:password@host/`, which are sent as basic credentials
   * (RFC 7617).
   */
  headers?: HeadersInit;
  /**
   * Maximum duration of the opening handshake in milliseconds, from the call of `connect`, with
   * waiting for other connections to the host, TCP, TLS and redirects. An object limits its steps
   * too. `HandshakeError.step` tells which one took too long. Default 10,000, which is enough for
   * slow networks and servers.
   */
  handshakeTimeout?: number | HandshakeTimeouts;
  /**
   * Aborting it before the socket is open ends the attempt: `connect` rejects with the signal's
   * reason, as `fetch` does. Afterwards it does nothing; use `socket.close` or `socket.terminate`.
   * Nothing of the attempt stays on the signal. Default: none.
   */
  signal?: RuntimeSignal;
  /**
   * How many redirects to follow: the HTTP statuses 301, 302, 303, 307 and 308. A redirect from
   * `wss:` to `ws:` is never followed. `http:` and `https:` mean `ws:` and `wss:`. To another origin
   * go neither `headers` nor the URL's credentials nor the certificate and `serverName` of `tls`, but
   * subprotocols do. User information in a `Location` header is ignored, and cookies are not
   * kept. Default 0, because a server can thereby lead the client to any other, also to one within
   * your network: it fails with `WS_ERR_UNEXPECTED_RESPONSE`.
   */
  redirects?: number | RedirectOptions;
  /** How to use TLS for a `wss:` URL. */
  tls?: ClientTls;
  /**
   * The proxy to connect through, for `ws:` and `wss:`:
   *
   * - `"http://user:password@proxy.example:3128"` asks an HTTP proxy for a tunnel with CONNECT.
   *   `https:` uses TLS with the proxy too. User and password are optional.
   * - `"socks5://user:password@proxy.example:1080"` uses a SOCKS5 proxy. The proxy resolves the host
   *   name of the server; `socks5h:` means the same.
   * - `"env"` takes the proxy, if any, from the environment variables that curl reads, such as
   *   `https_proxy` and `no_proxy`. See docs/proxies.md.
   * - An object has a URL as `url`, and further options for the proxy.
   *
   * `lookup`, `family` and `localAddress` apply to the connection to the proxy. `http2: true` uses
   * HTTP/1.1 through a proxy. Default false, because a variable of the environment should not decide
   * unasked who sees the traffic.
   */
  proxy?: string | ProxyOptions | false;
  /**
   * Whether to connect over HTTP/2 (RFC 8441), where all sockets of one server share a TCP
   * connection. `true` uses HTTP/1.1 if the server does not take WebSockets over HTTP/2. A session,
   * such as `http2.connect` of `node:http2` returns, is used as it is and stays open. Default false.
   */
  http2?: boolean | Http2Session;
  /**
   * Maximum number of connections to one host and port, or Unix socket, that TCP has not answered
   * yet. Until the host has answered the first one, there is only that one (RFC 6455 section 4.1);
   * then further ones, up to this number, start without waiting for each other. Default 100, which
   * fits the backlog of common servers.
   */
  concurrentConnects?: number;
  /** The initial value of `socket.data`. */
  data?: Data;
  /**
   * Called once before `open`, with the headers of the response that opened the connection: cookies,
   * for example. Those of a refusal are in the `HandshakeError`.
   */
  response?(socket: Socket<Data>, headers: HttpHeaders): HandlerResult;
}

export const connectOptionNames: OptionNames<AnyConnectOptions> = {
  ...handlerNames,
  ...commonOptionNames,
  subprotocols: 1,
  headers: 1,
  signal: 1,
  redirects: 1,
  lookup: 1,
  family: 1,
  localAddress: 1,
  tls: 1,
  proxy: 1,
  http2: 1,
  concurrentConnects: 1,
  data: 1,
  response: 1,
};

/** Validates `concurrentConnects`. Returns the value or its default. */
export function checkConcurrentConnects(value = 100): number {
  return checkInteger("concurrentConnects", value, 1, Number.MAX_SAFE_INTEGER);
}

/** Validates `signal` and returns it. */
export function checkSignal(signal: unknown): AbortSignal | undefined {
  const isSignal = typeof (signal as AbortSignal | undefined)?.addEventListener === "function";
  if (signal !== undefined && !isSignal) throw optionError("signal", signal, "an AbortSignal");
  return signal as AbortSignal | undefined;
}

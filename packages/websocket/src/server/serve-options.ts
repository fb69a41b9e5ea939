import { type HandshakeError, ReceiveMemory } from "@framewright/codec";
import type { HeadersInit, HttpResponse } from "@framewright/codec/handshake";
import { checkInteger, type OptionNames } from "../options/option-values.ts";
import { type HandlerResult, type Handlers, handlerNames } from "../socket/handlers.ts";
import {
  type CommonOptions,
  commonOptionNames,
  type RuntimeSupport,
  type ServerState,
} from "../socket/socket-options.ts";
import { Topics } from "../socket/topics.ts";
import type { AcceptIfNeeded, AcceptNeeded, AcceptOfRoute } from "./accept-types.ts";
import type { ClientLimitOptions } from "./client-limits.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import type { Origins } from "./origins.ts";
import type { PathParameters } from "./path-pattern.ts";
import type { Refusal } from "./refusal.ts";
import type { ServerTls } from "./server-tls.ts";

/**
 * Options and handlers of one route. Those that it omits are the server's, but limits of the server
 * on its connections hold for all routes together. `accept` may only be omitted if `undefined` is a
 * value of `Data`.
 */
export type RouteOptions<Data = undefined, Parameters = unknown> = AnyRouteOptions<
  Data,
  Parameters
> &
  (undefined extends Data ? unknown : AcceptNeeded<Data, Parameters>);

/** `RouteOptions`, where `accept` may always be omitted. */
export interface AnyRouteOptions<Data = undefined, Parameters = unknown>
  extends Handlers<Data>,
    Omit<CommonOptions, "handshakeTimeout" | "closeTimeout"> {
  /**
   * Subprotocols that the server supports. The first of the client's list that is among them is
   * selected. Default: none.
   */
  subprotocols?: readonly string[];
  /**
   * Decides on an opening handshake. Return `refuse(...)` to reject it; any other value accepts it
   * and becomes `socket.data`. Default: all are accepted. While a returned promise is pending, up to
   * 64 KiB that the client sends are kept; more end the connection. `request.signal` says when the
   * client is gone. If it throws or rejects, the client gets 500 and `error` gets the error.
   */
  accept?(request: IncomingRequest<Parameters>): Data | Refusal | Promise<Data | Refusal>;
  /**
   * Returns additional headers for the response that opens a connection, such as `Set-Cookie`, but
   * none of the handshake itself. Called once after `accept`, which may return a promise; this
   * function may not. If it throws or a header is invalid, the client gets 500 and `error` gets the
   * error. Default: none.
   *
   * @param data - What `accept` returned or resolved to.
   */
  responseHeaders?(request: IncomingRequest<Parameters>, data: Data): HeadersInit | undefined;
  /**
   * The web pages that may connect, by their `Origin` header; others get 403. "same" compares it
   * with the `Host` header. Default "any".
   *
   * Browsers send cookies with a WebSocket's handshake, whichever page opens it, and do not ask the
   * server first as they do for `fetch`. If cookies identify your users, any page that they visit
   * can otherwise connect in their name (cross-site WebSocket hijacking). Clients that are no
   * browsers send no `Origin` and are not affected.
   */
  origins?: Origins;
  /**
   * Maximum number of open sockets of the server, or of the route, 0 to 2^53 - 1. Further handshakes
   * get 503 with `Retry-After`, before `accept` is called. Default: no limit but the operating
   * system's.
   */
  maxConnections?: number;
  /**
   * Limits of each client. Further handshakes get 429 with `Retry-After`, before `accept` is called.
   * Default: none, because behind a proxy all clients seem to have one address.
   */
  perClient?: ClientLimitOptions;
}

/**
 * Options and handlers of `serve`. `accept` may only be omitted if `undefined` is a value of `Data`, or
 * if each route has its own.
 */
export type ServeOptions<Data = undefined, Routes = Record<string, Data>> = AnyServeOptions<
  Data,
  Routes
> &
  AcceptIfNeeded<Data, Routes>;

/** `ServeOptions`, where `accept` may always be omitted. */
export interface AnyServeOptions<Data = undefined, Routes = Record<string, Data>>
  extends AnyRouteOptions<Data>,
    CommonOptions {
  /**
   * The port to listen on, 0 to 65,535. Default 0: the operating system chooses a free port, which
   * `server.port` returns.
   */
  port?: number;
  /**
   * The address or host name to listen on. Default "127.0.0.1", which only this machine can reach.
   * Use "0.0.0.0" or "::" for all interfaces.
   */
  hostname?: string;
  /**
   * The path of a Unix socket to listen on instead of `port` and `hostname`, at most 107 bytes. On
   * Linux also "\0" and an abstract name. Clients connect to `ws+unix:/path/to.sock:/target`. Not
   * together with `tls`. A socket file on which nobody listens any more is replaced; another file is
   * an error. `server.close` deletes the file. Who may connect is decided by the permissions of the
   * file, which the process's umask sets, and of its folder.
   */
  unix?: string;
  /**
   * Whether other servers, also of other processes, may listen on the same port if they set this
   * option too. The operating system distributes the connections among them; Linux does so evenly.
   * Requires Node 22.12 or 23.1, or Deno's `--unstable-net`. Default false, so that a port in use
   * is an error.
   */
  reusePort?: boolean;
  /**
   * Maximum memory in bytes that all connections of the server together hold for incomplete
   * messages, including what is being decompressed. The connection that would exceed it is closed
   * with 1013. Messages that arrive whole in one read need none of it. Default 256 MiB.
   */
  maxReceiveMemory?: number;
  /**
   * Maximum number of bytes that may wait for all sockets together, 1 to 2^53 - 1. Beyond it, the
   * sockets for which most bytes wait end with 1006 and `WS_ERR_SEND_MEMORY`, until an eighth is
   * free. A message that waits for many sockets counts for each. Default: a quarter of the memory
   * that the process may use, or 1 GiB if that is not known, as on Deno without `--allow-sys`.
   */
  maxTotalBufferedAmount?: number;
  /**
   * Maximum number of topics to which one socket is subscribed, 1 to 2^53 - 1: clients often choose
   * them. Default 1,000.
   */
  maxTopicsPerSocket?: number;
  /** Serves `wss:` and `https:` instead of `ws:` and `http:`. Default: no TLS. */
  tls?: ServerTls;
  /**
   * Responds to plain HTTP requests. Default: 426 (Upgrade Required). If it throws or rejects, the
   * client gets 500 and `error` gets the error.
   */
  http?(request: IncomingRequest): HttpResponse | Promise<HttpResponse>;
  /**
   * Called for each opening handshake that failed, with its reason.
   *
   * @param request - Undefined if no complete request was received.
   * @param fault - `fault.code` is the reason, `fault.status` the response's status or 0.
   *   `WS_ERR_REFUSED`: by `accept`. `WS_ERR_HANDLER_FAILED`: `accept` or `responseHeaders` failed
   *   with `fault.cause`.
   */
  refused?(request: IncomingRequest | undefined, fault: HandshakeError): HandlerResult;
  /**
   * Maximum number of connections whose opening handshake has no answer yet, TLS included, 1 to
   * 2^53 - 1. A further one takes the place of one whose request is not complete: of the oldest from
   * the IP address that has most of them, if it has more than a tenth of all places, and otherwise of
   * the oldest of all. That one gets 503 with `Retry-After`, or its connection ends. If all wait for
   * `accept`, the further one gets this. Default 1,000: connections that say nothing cost memory and
   * descriptors for `handshakeTimeout`, and clients that send their request at once are served beside
   * them. One HTTP/2 connection has a tenth of the places. Its requests are complete, as all that an
   * HTTP server passes to `attach`: the timeouts of that server bound the others.
   */
  maxPendingHandshakes?: number;
  /**
   * Options and handlers by path, such as `"/rooms/:room"`. A segment `:name` matches any segment
   * that is not empty, and a last `*` all that remains, which may be empty. If several patterns
   * match, the most specific one counts. The decoded segments are `request.params`; they may contain
   * slashes. A path without a route gets 404, before `accept` is called. The query does not matter.
   * Default: all paths are accepted.
   *
   * `socket.data` has the type argument `Data` on all routes. See `route` for types of their own.
   */
  routes?: {
    readonly [Pattern in keyof Routes]: AnyRouteOptions<
      Routes[Pattern],
      PathParameters<Pattern & string>
    > &
      AcceptOfRoute<Routes[Pattern], Data, PathParameters<Pattern & string>>;
  };
}

const { handshakeTimeout: _, closeTimeout: __, ...commonOfRoutes } = commonOptionNames;

export const routeOptionNames: OptionNames<AnyRouteOptions> = {
  ...handlerNames,
  ...commonOfRoutes,
  subprotocols: 1,
  accept: 1,
  responseHeaders: 1,
  origins: 1,
  maxConnections: 1,
  perClient: 1,
};

export const serveOptionNames: OptionNames<AnyServeOptions> = {
  ...commonOptionNames,
  ...routeOptionNames,
  port: 1,
  hostname: 1,
  unix: 1,
  reusePort: 1,
  maxReceiveMemory: 1,
  maxTotalBufferedAmount: 1,
  maxTopicsPerSocket: 1,
  tls: 1,
  http: 1,
  refused: 1,
  maxPendingHandshakes: 1,
  routes: 1,
};

/** Options of `server.close`. */
export interface CloseOptions {
  /** The status code of the Close frames. Default 1001 (going away). */
  statusCode?: number;
  /** The reason of the Close frames, at most 123 bytes in UTF-8. Default: none. */
  reason?: string;
  /**
   * Time in milliseconds after the last Close frame, after which connections that are still open are
   * terminated. Default 5,000.
   */
  timeout?: number;
  /**
   * Time in milliseconds over which the Close frames are spread, so that clients that reconnect do
   * not all come at once. Default 0.
   */
  spreadOver?: number;
}

/** How the connections of a server that closed have ended. */
export interface CloseResult {
  /** Number of connections that ended in time. */
  readonly closed: number;
  /** Number of connections that were terminated. */
  readonly terminated: number;
}

/** Validates the options that limit all sockets together, and creates what counts for them. */
export function serverState<Data>(
  options: AnyServeOptions<Data>,
  { usableMemory, diagnostics }: RuntimeSupport,
): ServerState<Data> {
  const {
    maxReceiveMemory = 268_435_456,
    maxTotalBufferedAmount = Math.floor((usableMemory?.() ?? 4_294_967_296) / 4),
    maxTopicsPerSocket = 1_000,
  } = options;
  const check = (name: string, value: number, min: number) =>
    checkInteger(name, value, min, Number.MAX_SAFE_INTEGER);
  return {
    receiveMemory: new ReceiveMemory(check("maxReceiveMemory", maxReceiveMemory, 0)),
    maxBacklog: check("maxTotalBufferedAmount", maxTotalBufferedAmount, 1),
    topics: new Topics(check("maxTopicsPerSocket", maxTopicsPerSocket, 1), diagnostics?.server),
  };
}

import type { HeadersInit } from "@framewright/codec/handshake";
import { checkInteger, type OptionNames } from "../options/option-values.ts";
import { type Handlers, handlerNames } from "../socket/handlers.ts";
import { type CommonOptions, commonOptionNames } from "../socket/socket-options.ts";
import type { ClientTls } from "./client-tls.ts";
import type { Http2Session } from "./http2-sessions.ts";

/** Options and handlers of `connect`. */
export interface ConnectOptions<Data = undefined> extends Handlers<Data>, CommonOptions {
  /** Subprotocols to offer, in order of preference. Default: none. */
  subprotocols?: readonly string[];
  /** Additional headers of the opening handshake. */
  headers?: HeadersInit;
  /** How to use TLS for a `wss:` URL. */
  tls?: ClientTls;
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
}

export const connectOptionNames: OptionNames<ConnectOptions> = {
  ...handlerNames,
  ...commonOptionNames,
  subprotocols: 1,
  headers: 1,
  tls: 1,
  http2: 1,
  concurrentConnects: 1,
  data: 1,
};

/** Validates `concurrentConnects`. Returns the value or its default. */
export function checkConcurrentConnects(value = 100): number {
  return checkInteger("concurrentConnects", value, 1, Number.MAX_SAFE_INTEGER);
}

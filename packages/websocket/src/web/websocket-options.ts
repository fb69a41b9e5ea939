import { isToken } from "@framewright/codec/handshake";
import { type ConnectOptions, checkSignal } from "../client/connect-options.ts";
import { checkOptionNames, type OptionNames, optionError } from "../options/option-values.ts";
import type { RuntimeSignal } from "../runtime/globals.ts";
import { syntaxError } from "./web-url.ts";

/** The options of `connect` that a `WebSocket` has too. */
type SharedOptions = Pick<
  ConnectOptions,
  | "headers"
  | "tls"
  | "http2"
  | "redirects"
  | "lookup"
  | "family"
  | "localAddress"
  | "handshakeTimeout"
  | "closeTimeout"
  | "heartbeat"
  | "idleTimeout"
  | "maxLifetime"
  | "maxMessageSize"
  | "maxFragments"
  | "maxFramesPerTurn"
  | "maxBytesPerTurn"
>;

/** What a `WebSocket` takes beside the standard's arguments, as second or third argument. */
export interface WebSocketOptions extends SharedOptions {
  /** The standard's second argument, if the options are in its place. Default: none. */
  protocols?: string | Iterable<string>;
  /**
   * Aborting it before the connection is open fails the connection, with `error` and `close`.
   * Default: none.
   */
  signal?: RuntimeSignal;
  /**
   * Compresses messages if the server supports permessage-deflate (RFC 7692). Default true, as in
   * browsers; false offers no extension.
   */
  compression?: ConnectOptions["compression"];
  /**
   * Maximum number of bytes that may wait to be sent, 0 to 2^53 - 1. If it is exceeded, the
   * connection fails. Default: no limit, because the standard's `send` never reports that it is
   * too fast. Check `bufferedAmount` instead.
   */
  maxBufferedAmount?: number;
}

const optionNames: OptionNames<WebSocketOptions> = {
  protocols: 1,
  headers: 1,
  tls: 1,
  http2: 1,
  redirects: 1,
  lookup: 1,
  family: 1,
  localAddress: 1,
  handshakeTimeout: 1,
  closeTimeout: 1,
  heartbeat: 1,
  idleTimeout: 1,
  maxLifetime: 1,
  maxMessageSize: 1,
  maxFragments: 1,
  maxFramesPerTurn: 1,
  maxBytesPerTurn: 1,
  signal: 1,
  compression: 1,
  maxBufferedAmount: 1,
};

/** The constructor's arguments after the URL. */
export interface WebSocketArguments {
  readonly protocols: readonly string[];
  readonly options: WebSocketOptions;
}

/**
 * Takes the constructor's second and third argument apart. An object in the second place that is
 * not iterable is the options. A third argument that is no object is ignored, as the standard
 * ignores all.
 *
 * @throws DOMException "SyntaxError" for invalid protocols; TypeError for invalid options.
 */
export function readArguments(second: unknown, third: unknown): WebSocketArguments {
  const hasOptions = isOptions(second);
  if (hasOptions && isOptions(third)) {
    throw optionError("options", third, "undefined if the second argument is the options");
  }
  const given = hasOptions ? second : third;
  const options = (isOptions(given) ? given : {}) as WebSocketOptions;
  const protocols = hasOptions ? options.protocols : second;
  const list = checkProtocols(protocols === undefined ? [] : toStrings(protocols));
  checkOptionNames(options, optionNames);
  checkSignal(options.signal);
  return { protocols: list, options };
}

function isOptions(value: unknown): boolean {
  return typeof value === "object" && value !== null && !(Symbol.iterator in value);
}

/** Converts a value to `(DOMString or sequence<DOMString>)` as Web IDL does. */
function toStrings(value: unknown): string[] {
  const isObject = (typeof value === "object" && value !== null) || typeof value === "function";
  if (!isObject || !(Symbol.iterator in value)) return [`${value}`];
  return Array.from(value as Iterable<unknown>, (item) => `${item}`);
}

/**
 * Checks subprotocols (RFC 6455 section 4.1). Browsers refuse those that differ only in case, as
 * the Web Platform Tests demand.
 */
function checkProtocols(protocols: string[]): string[] {
  const seen = new Set<string>();
  for (const protocol of protocols) {
    if (!isToken(protocol)) {
      throw syntaxError(`the protocol ${JSON.stringify(protocol)} is not a token`);
    }
    if (seen.has(protocol.toLowerCase())) {
      throw syntaxError(`the protocol "${protocol}" is listed twice`);
    }
    seen.add(protocol.toLowerCase());
  }
  return protocols;
}

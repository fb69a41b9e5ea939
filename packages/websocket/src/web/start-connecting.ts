import { HandshakeError } from "@framewright/codec";
import { parseWebSocketUrl, type WebSocketUrl } from "@framewright/codec/handshake";
import { allConnectParts } from "../client/all-connect-parts.ts";
import { prepareConnect } from "../client/connect.ts";
import type { ConnectOptions } from "../client/connect-options.ts";
import type { OpenTransport } from "../client/open-transport.ts";
import { compressorsOf } from "../options/compression.ts";
import type { AbortSignal, RuntimeSignal } from "../runtime/globals.ts";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import type { Socket } from "../socket/socket-types.ts";
import { isBadPort } from "./bad-ports.ts";
import type { WebSocketArguments } from "./websocket-options.ts";

/** What a `WebSocket` or a `WebSocketStream` connects with. */
export interface WebCall {
  /** A URL that the standard accepts. */
  readonly url: string;
  readonly args: WebSocketArguments;
  /** Ends the attempt. It belongs to the object alone, unlike the option `signal`. */
  readonly signal: AbortSignal;
  /** What the object itself sets. */
  readonly own: ConnectOptions;
  /** Called at once if the standard blocks the connection, or the URL leads nowhere. */
  fail(fault: Error): void;
  /** Called when the option `signal` is aborted, with its reason. */
  aborted(reason: unknown): void;
}

/**
 * Starts to connect.
 *
 * @returns The promise of the socket, and what stops listening to the option `signal`; undefined if
 *   there is nothing to connect to.
 * @throws TypeError or RangeError for an invalid option.
 */
export function startConnecting(
  call: WebCall,
  open: OpenTransport,
  support: RuntimeSupport,
): { readonly socket: Promise<Socket>; unwatch(): void } | undefined {
  const { protocols, options } = call.args;
  const { protocols: _, signal, ...given } = options;
  const connectOptions: ConnectOptions = {
    ...given,
    signal: call.signal as RuntimeSignal,
    subprotocols: protocols,
    compression: given.compression ?? compressorsOf(support) !== undefined,
    ...call.own,
  };
  const url = parseUrl(call.url);
  if (url instanceof Error) {
    call.fail(url);
    return undefined;
  }
  const connect = prepareConnect(url, connectOptions, open, { ...support, parts: allConnectParts });
  let unwatch = () => {};
  if (url.socketPath === "" && isBadPort(url.port)) {
    call.fail(connectFailed(`port ${url.port} is blocked by the Fetch standard`));
  } else if (signal !== undefined) {
    unwatch = watch(signal as AbortSignal, (reason) => call.aborted(reason));
  }
  // After a failure too, because it gives back the memory for compression.
  return { socket: connect(), unwatch };
}

/** Parses what the standard accepts. What remains are faults of the connection. */
function parseUrl(url: string): WebSocketUrl | Error {
  try {
    return parseWebSocketUrl(url);
  } catch (error) {
    return error as Error;
  }
}

/** Returns a function that stops listening. */
function watch(signal: AbortSignal, aborted: (reason: unknown) => void): () => void {
  const onAbort = () => aborted(signal.reason);
  if (signal.aborted) {
    onAbort();
    return () => {};
  }
  signal.addEventListener("abort", onAbort);
  return () => signal.removeEventListener("abort", onAbort);
}

/** Makes the error of a connection that was not opened. */
export function connectFailed(message: string, cause?: unknown): HandshakeError {
  return new HandshakeError("WS_ERR_CONNECT_FAILED", 0, message, { cause });
}

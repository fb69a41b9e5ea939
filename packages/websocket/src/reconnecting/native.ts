import { type AbortSignal, globals } from "../runtime/globals.ts";
import type { ConnectionFailure } from "./policy.ts";
import { checkNumber } from "./policy.ts";
import {
  type Connector,
  type Link,
  type ReconnectingError,
  type ReconnectingState,
  Reconnection,
  type ReconnectOptions,
} from "./reconnection.ts";

/** The used part of the standard `WebSocket`. */
export interface NativeSocket {
  binaryType: string;
  readonly readyState: number;
  readonly bufferedAmount: number;
  addEventListener(type: string, listener: (event: never) => void): void;
  send(data: string | ArrayBuffer | ArrayBufferView): void;
  close(code?: number, reason?: string): void;
}

/** The runtime's `WebSocket`, by the types of the program that uses this package. */
export type RuntimeWebSocket = typeof globalThis extends {
  WebSocket: { prototype: infer Socket };
}
  ? Socket
  : NativeSocket;

/** What can be sent. A `Blob` too, for which this package has no type. */
export type NativeData =
  | string
  | ArrayBuffer
  | ArrayBufferView
  | { readonly size: number; readonly type: string };

type Computed<Value> = Value | ((attempt: number) => Value | Promise<Value>);

/** Options of `reconnecting` over a native `WebSocket` class. */
export interface NativeReconnectingOptions extends ReconnectOptions<RuntimeWebSocket, NativeData> {
  /** Subprotocols to offer, or a function that is called for each try. Default: none. */
  protocols?: Computed<string | readonly string[]>;
  /** How binary messages are received. Default "arraybuffer". */
  binaryType?: "arraybuffer" | "blob";
  /** Called with each message. Default: listen to the socket in `onConnect`. */
  message?(socket: RuntimeWebSocket, data: unknown): void;
  /**
   * Sends something that the server answers, when the machine has slept or is online again. Any
   * message is an answer. Default: none, because a browser cannot send Ping frames.
   */
  probe?(socket: RuntimeWebSocket): void;
  /** Takes errors of the other functions. Default: they are printed to the console. */
  error?(error: unknown): void;
  /** Maximum duration of a try in milliseconds. Default 10,000. */
  handshakeTimeout?: number;
  /** The class to use. Default: the global `WebSocket`. */
  WebSocket?: new (
    url: string,
    protocols?: string | string[],
  ) => object;
}

/** A connection that is opened again when it is lost. Created by `reconnecting`. */
export interface NativeReconnecting {
  readonly state: ReconnectingState;
  /** The open connection, if there is one. */
  readonly socket: RuntimeWebSocket | undefined;
  /**
   * Resolves when a connection is open, at once if one is. Rejects with a `ReconnectingError` when
   * there will be none any more.
   */
  readonly ready: Promise<RuntimeWebSocket>;
  /** Resolves when there will be no connection any more. Never rejects. */
  readonly closed: Promise<ReconnectingError>;
  /** Number of bytes in the queue. */
  readonly queuedAmount: number;
  /**
   * Sends a message, or queues it while there is no connection if the option `queue` is set.
   *
   * @returns "dropped" if the message will not be sent.
   */
  send(data: NativeData): "sent" | "queued" | "dropped";
  /** Tries at once if it waits; probes the connection if it is open. */
  retryNow(): void;
  /** Ends the connection and all further tries. See `WebSocket.close`. */
  close(code?: number, reason?: string): void;
}

/**
 * Keeps a connection to a server over the browser's own `WebSocket`: opens another one when it is
 * lost. Imports neither the codec nor the rest of this package.
 *
 * @param url - A `ws:` or `wss:` URL, or a function that is called for each try with its number
 *   since the last good connection, from 0.
 * @param options - Retained, not modified. Its functions are called as its methods.
 * @throws RangeError with the code WS_ERR_INVALID_OPTION.
 *
 * @example
 * const connection = reconnecting("wss://example.com/feed", {
 *   onConnect: (socket) => socket.send("subscribe"),
 *   message: (_socket, data) => console.log(data),
 * });
 */
export function reconnecting(
  url: Computed<string | { readonly href: string }>,
  options: NativeReconnectingOptions = {},
): NativeReconnecting {
  return new Reconnection(nativeConnector(url, options), options);
}

function nativeConnector(
  url: Computed<string | { readonly href: string }>,
  options: NativeReconnectingOptions,
): Connector<RuntimeWebSocket, NativeData> {
  const timeout = checkNumber("handshakeTimeout", options.handshakeTimeout ?? 10_000, 2 ** 31 - 1);
  return {
    async open(attempt, signal) {
      const address = await compute(url, attempt);
      const protocols = await compute(options.protocols ?? [], attempt);
      if (signal.aborted) throw failure(0);
      const Class = options.WebSocket ?? native.WebSocket;
      let socket: RuntimeWebSocket;
      try {
        const text = typeof address === "string" ? address : address.href;
        socket = new Class(text, protocols as string[]) as RuntimeWebSocket;
      } catch (error) {
        // The URL or a subprotocol is invalid.
        throw { ...failure(0), error, isLasting: true };
      }
      return openLink(socket, options, timeout, signal);
    },
    explain: (error) =>
      (error as ConnectionFailure | null)?.status === 0
        ? (error as ConnectionFailure)
        : { ...failure(0), error },
    // Of text in UTF-8.
    lengthOf: (data) => new native.Blob([data]).size,
    copy(data) {
      if (typeof data === "string" || !("byteLength" in data)) return data;
      if (!("buffer" in data)) return data.slice(0);
      return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
    },
    report(error) {
      try {
        if (options.error) options.error(error);
        else globals.console.error(error);
      } catch {
        // Nobody is left to tell.
      }
    },
  };
}

/** Waits until a socket is open. Rejects with a `ConnectionFailure`. */
function openLink(
  opened: RuntimeWebSocket,
  options: NativeReconnectingOptions,
  timeout: number,
  signal: AbortSignal,
): Promise<Link<RuntimeWebSocket, NativeData>> {
  const socket = opened as unknown as NativeSocket;
  let isOver = false;
  let answered = () => {};
  let end: (failure: ConnectionFailure) => void;
  const closed = new Promise<ConnectionFailure>((resolve) => {
    end = (failure) => {
      isOver = true;
      resolve(failure);
    };
  });
  const terminate = () => {
    // The browser may wait long for the peer's Close frame. Nobody else does.
    socket.close();
    end(failure(1006));
  };
  const isOpen = () => !isOver && socket.readyState === 1;
  const link: Link<RuntimeWebSocket, NativeData> = {
    socket: opened,
    closed,
    isOpen,
    terminate,
    send(data) {
      if (!isOpen()) return "dropped";
      socket.send(data as string);
      return "sent";
    },
    close: (code, reason) => socket.close(code, reason),
    probe: () =>
      options.probe &&
      new Promise((resolve) => {
        answered = resolve;
        options.probe?.(opened);
      }),
  };
  socket.binaryType = options.binaryType ?? "arraybuffer";
  socket.addEventListener("message", ({ data }: { data: unknown }) => {
    if (isOver) return;
    answered();
    options.message?.(opened, data);
  });
  socket.addEventListener("close", ({ code, reason }: { code: number; reason: string }) =>
    end({ statusCode: code, reason, status: 0 }),
  );
  return new Promise((resolve, reject) => {
    const timer = globals.setTimeout(terminate, timeout, undefined);
    signal.addEventListener("abort", terminate);
    const settled = () => {
      globals.clearTimeout(timer);
      signal.removeEventListener("abort", terminate);
    };
    socket.addEventListener("open", () => {
      settled();
      resolve(link);
    });
    // Browsers do not tell why a socket could not be opened.
    void closed.then(() => {
      settled();
      reject(failure(0));
    });
  });
}

function failure(statusCode: number): ConnectionFailure {
  return { statusCode, reason: "", status: 0 };
}

function compute<Value>(value: Computed<Value>, attempt: number): Value | Promise<Value> {
  return typeof value === "function"
    ? (value as (attempt: number) => Value | Promise<Value>)(attempt)
    : value;
}

/** The runtime's classes that this module uses. */
const native = globalThis as unknown as {
  WebSocket: new (url: string, protocols?: string | string[]) => object;
  Blob: new (parts: readonly NativeData[]) => { readonly size: number };
};

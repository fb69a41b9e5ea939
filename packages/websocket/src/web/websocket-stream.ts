import {
  type CloseInfo,
  HandshakeError,
  InvalidStateError,
  ProtocolError,
} from "@framewright/codec";
import { parseWebSocketUrl } from "@framewright/codec/handshake";
import { prepareConnect } from "../client/connect.ts";
import type { OpenTransport } from "../client/open-transport.ts";
import { type AbortSignal, globals, type RuntimeSignal } from "../runtime/globals.ts";
import type { MessageQueue } from "../socket/message-queue.ts";
import { writeMessage } from "../socket/socket.ts";
import type { RuntimeSupport } from "../socket/socket-options.ts";
import { readableOf, writableOf } from "../socket/socket-streams.ts";
import type { Socket } from "../socket/socket-types.ts";
import { isBadPort } from "./bad-ports.ts";
import { webGlobals } from "./runtime-types.ts";
import { describeClass, toChunk } from "./web-idl.ts";
import { parseWebUrl } from "./web-url.ts";
import {
  connectionError,
  readCloseInfo,
  type ValidCloseInfo,
  WebSocketError,
} from "./websocket-error.ts";
import { readArguments, type WebSocketArguments } from "./websocket-options.ts";
import type { WebSocketOpenInfo, WebSocketStreamConstructor } from "./websocket-stream-types.ts";

/**
 * Makes the class `WebSocketStream` for one transport. Each transport package exports one.
 *
 * @param open - Retained, as is `support`.
 */
export function webSocketStreamClass(
  open: OpenTransport,
  support: RuntimeSupport,
): WebSocketStreamConstructor {
  class WebSocketStream {
    readonly #connection: StreamConnection;

    constructor(url: unknown, options: unknown = undefined) {
      // biome-ignore lint/complexity/noArguments: Web IDL counts an undefined argument
      if (arguments.length === 0) throw new TypeError("WebSocketStream needs a URL");
      const { href } = parseWebUrl(`${url}`);
      this.#connection = new StreamConnection(href);
      this.#connection.connect(readOptions(options), open, support);
    }

    get url(): string {
      return this.#connection.url;
    }

    get opened(): Promise<WebSocketOpenInfo> {
      return this.#connection.opened.promise;
    }

    get closed(): Promise<object> {
      return this.#connection.closed.promise;
    }

    close(closeInfo: unknown = undefined): void {
      this.#connection.close(readCloseInfo(closeInfo));
    }
  }
  return describeClass(WebSocketStream) as unknown as WebSocketStreamConstructor;
}

/** A promise and its settling functions. Nobody has to handle its rejection. */
class Deferred<T> {
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });

  constructor() {
    this.promise.catch(() => {});
  }
}

/** The state of one `WebSocketStream` and its connection. */
class StreamConnection {
  readonly url: string;
  readonly opened = new Deferred<WebSocketOpenInfo>();
  readonly closed = new Deferred<object>();
  private readonly abort = new globals.AbortController();
  private socket: Socket | undefined = undefined;
  /** Whether connecting failed or was given up. */
  private hasFailed = false;
  /** Stops listening to the option `signal`. */
  private unwatch: () => void = () => {};

  constructor(url: string) {
    this.url = url;
  }

  /**
   * Starts to connect.
   *
   * @throws TypeError or RangeError for an invalid option.
   */
  connect(
    { protocols, options }: WebSocketArguments,
    open: OpenTransport,
    support: RuntimeSupport,
  ): void {
    const { protocols: _, signal, ...given } = options;
    const connectOptions = {
      ...given,
      signal: this.abort.signal as RuntimeSignal,
      subprotocols: protocols,
      compression: given.compression ?? support.compressors?.() !== undefined,
    };
    const url = this.parseUrl();
    if (url instanceof Error) return this.fail(url);
    const connect = prepareConnect(url, connectOptions, open, support);
    if (url.socketPath === "" && isBadPort(url.port)) {
      this.fail(connectFailed(`port ${url.port} is blocked by the Fetch standard`));
    }
    if (signal !== undefined && !this.hasFailed) this.watch(signal as AbortSignal);
    // After a failure too, because it gives back the memory for compression.
    connect().then(
      (socket) => this.established(socket as Socket, protocols.length > 0),
      (error) => this.fail(error),
    );
  }

  close({ closeCode, reason }: ValidCloseInfo): void {
    if (this.socket !== undefined) this.socket.close(closeCode, reason === "" ? undefined : reason);
    else this.fail(connectFailed("the WebSocketStream was closed before the connection was open"));
  }

  /** Parses what the standard accepts. What remains are faults of the connection. */
  private parseUrl() {
    try {
      return parseWebSocketUrl(this.url);
    } catch (error) {
      return error as Error;
    }
  }

  private watch(signal: AbortSignal): void {
    const abort = () => this.giveUp((signal as { reason?: unknown }).reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort);
    this.unwatch = () => signal.removeEventListener("abort", abort);
  }

  private fail(cause: Error): void {
    this.giveUp(connectionError("the connection was not opened", cause));
  }

  private giveUp(error: unknown): void {
    if (this.hasFailed) return;
    this.hasFailed = true;
    this.unwatch();
    this.opened.reject(error);
    this.closed.reject(error);
    this.abort.abort();
  }

  private established(socket: Socket, needsProtocol: boolean): void {
    if (this.hasFailed) return socket.terminate();
    // The standard is stricter than RFC 6455: the server must choose one of the protocols.
    if (needsProtocol && socket.subprotocol === "") {
      const message = "the server chose none of the protocols";
      this.fail(new HandshakeError("WS_ERR_INVALID_SUBPROTOCOL", 101, message));
      return socket.terminate();
    }
    this.unwatch();
    this.socket = socket;
    const { closed } = socket;
    let endError: WebSocketError | undefined;
    const errorOf = ({ wasClean, error, statusCode, reason }: CloseInfo) => {
      if (wasClean) return undefined;
      const message = "the connection did not close cleanly";
      // The status code of a violation of the protocol is this endpoint's, not the server's.
      endError ??=
        error instanceof ProtocolError
          ? connectionError(message, error)
          : connectionError(message, error, statusCode, reason);
      return endError;
    };
    closed.then((info) => {
      const error = errorOf(info);
      if (error !== undefined) return this.closed.reject(error);
      this.closed.resolve({ closeCode: info.statusCode, reason: info.reason });
    });
    this.opened.resolve({
      readable: readableOf(
        socket[Symbol.asyncIterator]() as MessageQueue,
        closed,
        (reason) => this.closeWith(reason),
        { readError: errorOf },
      ),
      writable: this.writable(socket, errorOf),
      extensions: socket.extensions,
      protocol: socket.subprotocol,
    });
  }

  private writable(socket: Socket, errorOf: (info: CloseInfo) => WebSocketError | undefined) {
    const sink = {
      write: async (chunk: unknown) => {
        // What is written while the connection closes is not sent, which is no error.
        await writeMessage(socket, toChunk(chunk)).catch((error) => {
          throw error instanceof InvalidStateError ? closedError(error.message) : error;
        });
        return true;
      },
      close: () => socket.close(),
      abort: (reason: unknown) => this.closeWith(reason),
    };
    return writableOf<string | ArrayBuffer | ArrayBufferView>(socket.closed, sink, {
      writeError: (info) => errorOf(info) ?? closedError(),
    });
  }

  /** Closes the connection because one of its streams was cancelled or aborted. */
  private closeWith(reason: unknown): void {
    const { closeCode, reason: text } =
      reason instanceof WebSocketError ? reason : { closeCode: null, reason: "" };
    // The error of another connection may have a code that must not be sent.
    try {
      this.socket?.close(closeCode ?? undefined, text === "" ? undefined : text);
    } catch {
      this.socket?.close();
    }
  }
}

function closedError(message = "the WebSocketStream is closed"): Error {
  return new webGlobals.DOMException(message, "InvalidStateError");
}

function connectFailed(message: string): HandshakeError {
  return new HandshakeError("WS_ERR_CONNECT_FAILED", 0, message);
}

/**
 * Takes the options apart.
 *
 * @throws TypeError if they are no object or invalid; DOMException "SyntaxError" for protocols.
 */
function readOptions(options: unknown): WebSocketArguments {
  const given = options ?? {};
  if (typeof given !== "object") {
    throw new TypeError(`the options must be an object, got ${String(options)}`);
  }
  const { protocols } = given as { protocols?: unknown };
  if (protocols !== undefined && (typeof protocols !== "object" || protocols === null)) {
    throw new TypeError(`option protocols must be a sequence, got ${String(protocols)}`);
  }
  return readArguments(given, undefined);
}

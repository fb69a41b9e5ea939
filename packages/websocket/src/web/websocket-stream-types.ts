import type { RuntimeReadable, RuntimeWritable } from "../runtime/web-streams.ts";
import type { Message } from "../socket/message-queue.ts";
import type { WebSocketCloseInfo } from "./websocket-error.ts";
import type { WebSocketOptions } from "./websocket-options.ts";

/** What a `WebSocketStream` takes beside the URL: the standard's options, and those of `connect`. */
export interface WebSocketStreamOptions
  extends Omit<WebSocketOptions, "protocols" | "maxBufferedAmount"> {
  /** The subprotocols to offer, in order of preference. Default: none. */
  protocols?: Iterable<string>;
}

/** What `WebSocketStream.opened` resolves to. */
export interface WebSocketOpenInfo {
  /**
   * The received messages: strings for text, `Uint8Array` for binary. The server is paused while
   * they are not read.
   */
  readonly readable: RuntimeReadable<Message>;
  /**
   * Takes messages: bytes are sent as binary, anything else is converted to a string and sent as
   * text. A write resolves when the server has room for the next.
   */
  readonly writable: RuntimeWritable<string | ArrayBuffer | ArrayBufferView>;
  /** The extensions that the server chose, "" for none. */
  readonly extensions: string;
  /** The subprotocol that the server chose, "" for none. */
  readonly protocol: string;
}

/**
 * A WebSocket with streams and backpressure (https://github.com/whatwg/websockets/pull/48).
 *
 * @example
 * const stream = new WebSocketStream("wss://example.com/chat");
 * const { readable, writable } = await stream.opened;
 * await readable.pipeThrough(transform).pipeTo(writable);
 */
export interface WebSocketStream {
  /** The URL, normalised. */
  readonly url: string;
  /**
   * Resolves when the connection is open. Rejects with a `WebSocketError` if it fails, or with the
   * reason of `signal`.
   */
  readonly opened: Promise<WebSocketOpenInfo>;
  /**
   * Resolves when the connection has ended with a Close frame of both endpoints, rejects with a
   * `WebSocketError` otherwise.
   */
  readonly closed: Promise<{ readonly closeCode: number; readonly reason: string }>;
  /**
   * Closes the connection after what was written, or gives up connecting.
   *
   * @throws TypeError if `closeInfo` is no object; DOMException "InvalidAccessError" for the code,
   *   "SyntaxError" for the reason.
   */
  close(closeInfo?: WebSocketCloseInfo): void;
}

/** The class `WebSocketStream`. */
export interface WebSocketStreamConstructor {
  /**
   * Starts to connect.
   *
   * @param url - A `ws:`, `wss:`, `http:` or `https:` URL without a fragment, or
   *   `ws+unix:/path/to.sock:/target`.
   * @throws DOMException "SyntaxError" for an invalid URL or protocol; TypeError or RangeError for
   *   an invalid option.
   */
  new (url: string | { toString(): string }, options?: WebSocketStreamOptions): WebSocketStream;
  readonly prototype: WebSocketStream;
}

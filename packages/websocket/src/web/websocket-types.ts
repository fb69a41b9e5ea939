import type { RuntimeBlob } from "../runtime/blob.ts";
import type {
  RuntimeCloseEvent,
  RuntimeErrorEvent,
  RuntimeEvent,
  RuntimeMessageEvent,
} from "./runtime-types.ts";
import type { WebSocketOptions } from "./websocket-options.ts";

/** The events of a `WebSocket`. */
export interface WebSocketEvents {
  open: RuntimeEvent;
  message: RuntimeMessageEvent;
  /**
   * Precedes `close` if the connection failed. Its `error` has a stable `code`. A `HandshakeError`
   * also has the server's response: `httpStatus`, `headers` and `body`.
   */
  error: RuntimeErrorEvent;
  close: RuntimeCloseEvent;
}

type Listener<Type extends keyof WebSocketEvents> =
  | ((this: WebSocket, event: WebSocketEvents[Type]) => unknown)
  | { handleEvent(event: WebSocketEvents[Type]): unknown }
  | null;

interface ListenerOptions {
  capture?: boolean;
}

interface AddListenerOptions extends ListenerOptions {
  once?: boolean;
  passive?: boolean;
}

/**
 * The WebSocket of browsers (https://websockets.spec.whatwg.org).
 *
 * @example
 * const socket = new WebSocket("wss://example.com/chat", "chat");
 * socket.onopen = () => socket.send("hello");
 * socket.onmessage = ({ data }) => console.log(data);
 */
export interface WebSocket {
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;

  /** The URL, normalised. */
  readonly url: string;
  /** One of the constants. */
  readonly readyState: number;
  /**
   * Number of bytes that were passed to `send` and not yet to the operating system. What was passed
   * after the end of the connection counts for ever.
   */
  readonly bufferedAmount: number;
  /** The extensions that the server chose, "" for none. */
  readonly extensions: string;
  /** The subprotocol that the server chose, "" for none. */
  readonly protocol: string;
  /** What binary messages are received as. Default "blob". */
  binaryType: "blob" | "arraybuffer";

  onopen: ((this: WebSocket, event: WebSocketEvents["open"]) => unknown) | null;
  onmessage: ((this: WebSocket, event: WebSocketEvents["message"]) => unknown) | null;
  onerror: ((this: WebSocket, event: WebSocketEvents["error"]) => unknown) | null;
  onclose: ((this: WebSocket, event: WebSocketEvents["close"]) => unknown) | null;

  /**
   * Sends a message. Does nothing but count it if the connection is closing or closed.
   *
   * @param data - A string is sent as text, with U+FFFD for surrogates without a partner; anything
   *   else as binary. Bytes are copied.
   * @throws DOMException "InvalidStateError" while connecting.
   */
  send(data: string | ArrayBufferLike | ArrayBufferView | RuntimeBlob): void;

  /**
   * Closes the connection after what was sent, or gives up connecting.
   *
   * @param code - 1000 or 3000 to 4999. Default: none, or 1000 if there is a reason.
   * @param reason - At most 123 bytes in UTF-8. Default: none.
   * @throws DOMException "InvalidAccessError" for the code; "SyntaxError" for the reason.
   */
  close(code?: number, reason?: string): void;

  addEventListener<Type extends keyof WebSocketEvents>(
    type: Type,
    listener: Listener<Type>,
    options?: boolean | AddListenerOptions,
  ): void;
  removeEventListener<Type extends keyof WebSocketEvents>(
    type: Type,
    listener: Listener<Type>,
    options?: boolean | ListenerOptions,
  ): void;
  dispatchEvent(event: RuntimeEvent): boolean;
}

/** The class `WebSocket`. */
export interface WebSocketConstructor {
  /**
   * Starts to connect.
   *
   * @param url - A `ws:`, `wss:`, `http:` or `https:` URL without a fragment, or
   *   `ws+unix:/path/to.sock:/target`.
   * @param protocols - The subprotocols to offer, in order of preference.
   * @throws DOMException "SyntaxError" for an invalid URL or protocol; TypeError or RangeError for
   *   an invalid option.
   */
  new (
    url: string | { toString(): string },
    protocols?: string | Iterable<string> | WebSocketOptions,
    options?: WebSocketOptions,
  ): WebSocket;
  readonly prototype: WebSocket;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSING: 2;
  readonly CLOSED: 3;
}

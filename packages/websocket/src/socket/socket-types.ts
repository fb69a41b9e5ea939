import type { CloseInfo, PreparedMessage } from "@framewright/codec";
import type { RuntimeBlob } from "../runtime/blob.ts";
import type { RuntimeAsyncDisposable, RuntimeDisposable } from "../runtime/disposal.ts";
import type { RuntimeReadable, RuntimeWritable } from "../runtime/web-streams.ts";
import type { MessageSource } from "./chunk-source.ts";
import type { Message } from "./message-queue.ts";

/**
 * What `prepare`, `broadcast` and `publish` take: a string for text, bytes for binary, or a prepared
 * message. Bytes are an `ArrayBuffer` or any view of one, such as a `DataView`, a `Float32Array` or a
 * `Buffer`: the bytes of its memory are sent as they are. Shared and resizable memory is copied.
 */
export type Preparable = string | ArrayBufferLike | ArrayBufferView | PreparedMessage;

/** What `send` takes: the same, or a `Blob`, which is sent as binary. */
export type Sendable = Preparable | RuntimeBlob;

/** A message that was not sent: what was passed to `send`, with bytes of any kind as `Uint8Array`. */
export type DroppedMessage = string | Uint8Array | RuntimeBlob | PreparedMessage;

/**
 * The result of `send`.
 *
 * - "sent": the message will be written.
 * - "queued": the message will be written, but more than `highWaterMark` bytes are buffered because
 *   the peer reads slowly. Wait for `drain` or `drained` before you send more.
 * - "dropped": the message is not sent. The connection is closing or closed, or too many bytes wait
 *   for the peer: see `maxBufferedAmount`.
 */
export type SendResult = "sent" | "queued" | "dropped";

/** Options of `Socket.sendStream`. */
export interface SendStreamOptions {
  /**
   * Whether the message is text. Default: whether the first chunk is a string. Set it for text that
   * comes as bytes, and for text that may be empty.
   */
  readonly text?: boolean;
}

/**
 * A WebSocket connection after its opening handshake. `serve` and `connect` create sockets. It is an
 * interface, so that the test of a handler may pass an object of its own.
 *
 * @example
 * for await (const message of socket) socket.send(message);
 * const { statusCode, reason } = await socket.closed;
 */
export interface Socket<Data = undefined>
  extends AsyncIterable<Message>,
    RuntimeAsyncDisposable,
    RuntimeDisposable {
  /**
   * Application data: the result of `accept` on a server, the option `data` on a client. The
   * library does not use it. It may be replaced.
   */
  data: Data;
  /** The selected subprotocol, or "" for none. */
  readonly subprotocol: string;
  /**
   * The negotiated extensions in the form of the server's `Sec-WebSocket-Extensions` header, such
   * as `permessage-deflate; client_max_window_bits=12`, or "" for none.
   */
  readonly extensions: string;
  /** The peer's IP address, or "" if the transport has none. */
  readonly remoteAddress: string;
  /** "open" while messages can be sent, "closing" until the connection has ended, then "closed". */
  readonly readyState: "open" | "closing" | "closed";
  /**
   * Number of bytes that were sent but not yet accepted by the operating system. A `Blob` counts
   * from `send` on.
   */
  readonly bufferedAmount: number;
  /**
   * Duration of the last round trip in milliseconds, measured by the heartbeat; undefined before the
   * first one. See the option `heartbeat`.
   */
  readonly latency: number | undefined;
  /** Resolves to how the connection ended, when it has ended. Never rejects. */
  readonly closed: Promise<CloseInfo>;
  /**
   * Resolves when at most `lowWaterMark` bytes are buffered or the connection has ended. Never
   * rejects.
   */
  readonly drained: Promise<void>;

  /**
   * Sends one message (RFC 6455 section 6.1).
   *
   * A `Blob` is read when it is its turn. Messages that are sent meanwhile wait behind it, and its
   * size and theirs count as buffered, also for `maxBufferedAmount`. `close` waits for both, within
   * `closeTimeout`. If it cannot be read, it and the messages behind it are not sent, `error` gets an
   * error with the code `WS_ERR_UNREADABLE_BLOB`, and the socket is closed with 1011. It is read
   * whole: for a large file use `sendStream(blob.stream())`, which takes it in pieces.
   *
   * @param data - A string is sent as text, bytes and a `Blob` as binary; a prepared message as what
   *   it was prepared from. Up to 64 KiB of bytes are copied at once. Longer ones may be retained
   *   until they are written: do not modify them before `bufferedAmount` is 0.
   * @returns Whether the message was sent, queued or dropped. For a `Blob`: whether it will be, once
   *   it is read.
   * @throws TypeError if `data` has another type.
   *
   * @example
   * if (socket.send(data) === "queued") await socket.drained;
   */
  send(data: Sendable): SendResult;

  /**
   * Sends one message in fragments as its source yields them (RFC 6455 section 5.4), so that it is
   * never held whole. A chunk is taken from the source only while at most `highWaterMark` bytes wait
   * for the peer; chunks of more than 64 KiB become several fragments.
   *
   * Messages that are sent meanwhile wait until this one is complete, and count as buffered. Control
   * frames do not wait. `close` and `terminate` give the message up, as well as those behind it.
   *
   * With permessage-deflate each fragment is compressed and flushed when it is sent. The options
   * `compression.threshold` does not apply, because the length is not known.
   *
   * @param source - An async iterable, an iterable or a `ReadableStream` of strings or bytes. Bytes
   *   are borrowed until the next chunk is taken. Strings may be cut within surrogate pairs, bytes
   *   of a text within characters. When the connection closes or ends, the source is cancelled, or
   *   its iterator's `return` is called.
   * @returns "sent" when all of the message was handed over, or "dropped" if the connection closed
   *   or ended before that. It settles in any case, once the source has yielded or failed.
   * @throws TypeError if `source` is none or an option is invalid. The promise rejects with the
   *   error of a source that fails, or a TypeError for an invalid chunk; the connection is then
   *   closed with 1011, because a message cannot be taken back.
   *
   * @example
   * await socket.sendStream(createReadStream("film.webm"));
   */
  sendStream(source: MessageSource, options?: SendStreamOptions): Promise<"sent" | "dropped">;

  /**
   * The received messages, strings for text and bytes for binary. The peer is paused when about
   * 64 KiB of messages wait to be read. It closes when the connection has ended with a Close frame
   * of both endpoints, and fails otherwise. Cancelling it closes the socket.
   *
   * @throws InvalidStateError if there is a `message` handler.
   *
   * @example
   * await socket.readable.pipeThrough(transform).pipeTo(socket.writable);
   */
  readonly readable: RuntimeReadable<Message>;

  /**
   * Sends each chunk as one message. A write waits while the peer reads more slowly than it is sent
   * to, whatever `maxBufferedAmount` is, and settles in any case. Closing it closes the socket and
   * waits until the connection has ended. Aborting it closes the socket with 1011. It fails with
   * InvalidStateError when the connection closes or has ended.
   */
  readonly writable: RuntimeWritable<Sendable>;

  /**
   * Sends a message unless too many bytes are buffered. For messages that a slow peer may miss.
   *
   * @param data - See `send`.
   * @param maxBufferedAmount - The message is not sent if more than this many bytes are buffered. May
   *   be Infinity.
   * @returns Whether the message was sent or queued. If too many bytes are buffered, the `dropped`
   *   handler gets it.
   * @throws TypeError if `data` has another type, or `maxBufferedAmount` is no number.
   */
  offer(data: Sendable, maxBufferedAmount: number): boolean;

  /**
   * Sends a Ping (RFC 6455 section 5.5.2). The peer's Pong goes to the `pong` handler. Pings of the
   * peer are answered automatically.
   *
   * @param payload - At most 125 bytes, in an `ArrayBuffer` or any view of one. Copied. Default:
   *   empty.
   * @returns Whether the Ping was sent, queued or dropped.
   * @throws RangeError if the payload is too long, TypeError if it is no bytes.
   */
  ping(payload?: ArrayBufferLike | ArrayBufferView): SendResult;

  /**
   * Starts the closing handshake (RFC 6455 section 7.1.2). Does nothing if it has started already.
   * Messages that the peer sends before its Close frame are still delivered.
   *
   * @param statusCode - 1000 to 1003, 1007 to 1014, or 3000 to 4999. Default: the Close frame has
   *   no status code, and the peer reports 1005.
   * @param reason - At most 123 bytes in UTF-8. Default: none.
   * @throws RangeError if an endpoint must not send the status code, or if the reason is too long.
   * @throws TypeError if there is a reason without a status code, or if it is no string.
   */
  close(statusCode?: number, reason?: string): void;

  /** Ends the connection at once, without a closing handshake. Its status code is 1006. */
  terminate(): void;

  /**
   * Stops the delivery of messages until `resume` or `close`. The peer is paused by TCP's flow
   * control once 64 KiB are waiting.
   */
  pause(): void;

  /** Resumes the delivery of messages after `pause`. */
  resume(): void;

  /**
   * Subscribes to a topic: `server.publish` sends its messages to this socket until the connection
   * has ended and the `close` handler was called.
   *
   * @param topic - At most 1,024 characters. Any string, also one that a client chose.
   * @returns Whether the socket was not subscribed; false if it is closed.
   * @throws RangeError with `WS_ERR_TOO_MANY_TOPICS` if the socket has `maxTopicsPerSocket` topics.
   * @throws InvalidStateError on a client.
   */
  subscribe(topic: string): boolean;

  /** Ends the subscription to a topic. Returns whether there was one. */
  unsubscribe(topic: string): boolean;

  /** Whether the socket is subscribed to a topic. */
  isSubscribed(topic: string): boolean;

  /** The topics to which the socket is subscribed. The set is live. */
  readonly topics: ReadonlySet<string>;

  /**
   * Iterates over received messages until the connection has ended. The peer is paused when about
   * 64 KiB of messages are waiting. Leaving the loop neither closes the socket nor loses messages.
   *
   * The loop runs after everything that arrived together with a message has been handled. If the
   * peer violates the protocol right after a message, the loop still gets the message, but the
   * connection has failed by then: `send` returns "dropped". A `message` handler is called first.
   *
   * @throws InvalidStateError if there is a `message` handler.
   */
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined>;
}

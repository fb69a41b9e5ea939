import {
  type CloseInfo,
  ConnectionState,
  InvalidStateError,
  PreparedMessage,
  StatusCode,
} from "@framewright/codec";
import { noBytes, shownValue, typeError } from "@framewright/codec/internal";
import { maxUncheckedLength } from "../options/buffer-options.ts";
import { optionError } from "../options/option-values.ts";
import type { RuntimeReadable, RuntimeWritable } from "../runtime/web-streams.ts";
import { checkMessage } from "./check-message.ts";
import { type MessageSource, openSource } from "./chunk-source.ts";
import type { Message, MessageQueue } from "./message-queue.ts";
import { OutgoingStream } from "./outgoing-stream.ts";
import type { SocketSession, SocketTopics } from "./socket-session.ts";
import { readableOf, writableOf } from "./socket-streams.ts";

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

/** The keys of methods that only the server calls. */
export const shutDown = Symbol("shutDown");
export const fail = Symbol("fail");
/** Up to this length in bytes, `Connection.send` copies what it gets. */
const maxCopiedLength = 65_536;
/** The key of the method that the socket's streams call. */
export const write = Symbol("write");

/** The Web Streams of a socket. */
interface SocketStreams {
  readable?: RuntimeReadable<Message>;
  writable?: RuntimeWritable<string | Uint8Array | ArrayBuffer | PreparedMessage>;
}

/** Those of the sockets that use them, so that they cost the others nothing. */
const streamsOf = new WeakMap<object, SocketStreams>();

/** Options of `Socket.sendStream`. */
export interface SendStreamOptions {
  /**
   * Whether the message is text. Default: whether the first chunk is a string. Set it for text that
   * comes as bytes, and for text that may be empty.
   */
  readonly text?: boolean;
}

/**
 * A WebSocket connection after its opening handshake. `serve` and `connect` create sockets.
 *
 * @example
 * for await (const message of socket) socket.send(message);
 * const { statusCode, reason } = await socket.closed;
 */
export class Socket<Data = undefined> implements AsyncIterable<Message> {
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
  private readonly session: SocketSession;
  private closedPromise: Promise<CloseInfo> | undefined = undefined;

  /** For `openSocket`. Use `serve` or `connect`. */
  constructor(session: SocketSession, subprotocol: string, extensions: string, data: Data) {
    this.data = data;
    this.subprotocol = subprotocol;
    this.extensions = extensions;
    this.session = session;
  }

  /** The peer's IP address, or "" if the transport has none. */
  get remoteAddress(): string {
    return this.session.transport.remoteAddress;
  }

  /** "open" while messages can be sent, "closing" until the connection has ended, then "closed". */
  get readyState(): "open" | "closing" | "closed" {
    if (this.session.finished) return "closed";
    return this.session.connection.state === ConnectionState.Open ? "open" : "closing";
  }

  /** Number of bytes that were sent but not yet accepted by the operating system. */
  get bufferedAmount(): number {
    return this.session.bufferedAmount;
  }

  /**
   * Duration of the last round trip in milliseconds, measured by the heartbeat; undefined before the
   * first one. See the option `heartbeat`.
   */
  get latency(): number | undefined {
    const { latencyTime } = this.session;
    return latencyTime < 0 ? undefined : latencyTime / 1_000;
  }

  /** Resolves to how the connection ended, when it has ended. Never rejects. */
  get closed(): Promise<CloseInfo> {
    const { session } = this;
    this.closedPromise ??= new Promise((resolve) => {
      if (session.finished) resolve(session.connection.closed as CloseInfo);
      else session.closeWaiter = resolve;
    });
    return this.closedPromise;
  }

  /**
   * Resolves when at most `lowWaterMark` bytes are buffered or the connection has ended. Never
   * rejects.
   */
  get drained(): Promise<void> {
    return new Promise((resolve) => this.whenDrained(() => resolve()));
  }

  private whenDrained(call: (isDrained: boolean) => void): void {
    const { session } = this;
    if (this.bufferedAmount <= session.buffers.lowWaterMark) return call(true);
    session.drainWaiters ??= [];
    session.drainWaiters.push(call);
  }

  /**
   * Sends one message (RFC 6455 section 6.1).
   *
   * @param data - A string is sent as text, bytes as binary; a prepared message as what it was
   *   prepared from. Up to 64 KiB of bytes are copied at once. Longer ones may be retained until
   *   they are written: do not modify them before `bufferedAmount` is 0.
   * @returns Whether the message was sent, queued or dropped.
   * @throws TypeError if `data` has another type.
   *
   * @example
   * if (socket.send(data) === "queued") await socket.drained;
   */
  send(data: string | Uint8Array | ArrayBuffer | PreparedMessage): SendResult {
    const message = checkMessage(data);
    const { session } = this;
    const length = message instanceof PreparedMessage ? message.frame.length : message.length;
    if (session.checksEachMessage || length > maxUncheckedLength) {
      if (!session.admits(message, length)) return "dropped";
    }
    const { connection } = session;
    const queued =
      message instanceof PreparedMessage
        ? connection.sendPrepared(message)
        : connection.send(message);
    if (!queued) return "dropped";
    session.countSent();
    return this.sent();
  }

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
  sendStream(source: MessageSource, { text }: SendStreamOptions = {}): Promise<"sent" | "dropped"> {
    if (text !== undefined && typeof text !== "boolean") {
      throw optionError("text", text, "a boolean");
    }
    const stream = new OutgoingStream(this.session, openSource(source), text);
    stream.start();
    return stream.result;
  }

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
  get readable(): RuntimeReadable<Message> {
    const { streams } = this;
    streams.readable ??= readableOf(this.queue, this.closed, () => this.close());
    return streams.readable;
  }

  /**
   * Sends each chunk as one message. A write waits while the peer reads more slowly than it is sent
   * to, whatever `maxBufferedAmount` is, and settles in any case. Closing it closes the socket and
   * waits until the connection has ended. Aborting it closes the socket with 1011. It fails with
   * InvalidStateError when the connection closes or has ended.
   */
  get writable(): RuntimeWritable<string | Uint8Array | ArrayBuffer | PreparedMessage> {
    const { streams } = this;
    streams.writable ??= writableOf<string | Uint8Array | ArrayBuffer | PreparedMessage>(
      this.closed,
      {
        write: (chunk) => this[write](chunk),
        close: () => this.close(),
        abort: () => this.close(StatusCode.InternalError),
      },
    );
    return streams.writable;
  }

  private get streams(): SocketStreams {
    const streams = streamsOf.get(this) ?? {};
    streamsOf.set(this, streams);
    return streams;
  }

  /**
   * @internal Sends a message, and waits until the peer has room for the next. Returns false if the
   * socket is closing, so that the message is not sent.
   * @throws InvalidStateError if the connection ends before.
   */
  async [write](data: string | Uint8Array | ArrayBuffer | PreparedMessage): Promise<boolean> {
    const checked = checkMessage(data);
    // The caller may reuse the memory of long bytes when it has been told that they are written.
    const isLong = checked instanceof Uint8Array && checked.length > maxCopiedLength;
    const message = isLong ? checked.slice() : checked;
    const { connection } = this.session;
    const isQueued =
      message instanceof PreparedMessage
        ? connection.sendPrepared(message)
        : connection.send(message);
    if (!isQueued) return false;
    this.session.countSent();
    if (this.sent() !== "queued") return true;
    if (await new Promise<boolean>((resolve) => this.whenDrained(resolve))) return true;
    throw new InvalidStateError("the connection ended before the message was written");
  }

  /** Closes the socket, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Closes the socket and waits until the connection has ended, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

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
  offer(
    data: string | Uint8Array | ArrayBuffer | PreparedMessage,
    maxBufferedAmount: number,
  ): boolean {
    if (typeof maxBufferedAmount !== "number" || Number.isNaN(maxBufferedAmount)) {
      const message = `maxBufferedAmount must be a number, got ${shownValue(maxBufferedAmount)}`;
      throw typeError("WS_ERR_INVALID_ARGUMENT", message);
    }
    // Messages of the current burst count as buffered, although the transport might accept them.
    if (this.bufferedAmount > maxBufferedAmount) this.session.flush();
    if (this.bufferedAmount <= maxBufferedAmount) return this.send(data) !== "dropped";
    this.session.reportDropped(checkMessage(data));
    return false;
  }

  /**
   * Sends a Ping (RFC 6455 section 5.5.2). The peer's Pong goes to the `pong` handler. Pings of the
   * peer are answered automatically.
   *
   * @param payload - At most 125 bytes. Copied. Default: empty.
   * @returns Whether the Ping was sent, queued or dropped.
   * @throws RangeError if the payload is too long, TypeError if it is no `Uint8Array`.
   */
  ping(payload: Uint8Array = noBytes): SendResult {
    if (!this.session.connection.ping(payload)) return "dropped";
    return this.sent();
  }

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
  close(statusCode?: number, reason?: string): void {
    this.session.close(statusCode, reason);
  }

  /** Ends the connection at once, without a closing handshake. Its status code is 1006. */
  terminate(): void {
    this.session.terminate();
  }

  /**
   * Stops the delivery of messages until `resume` or `close`. The peer is paused by TCP's flow
   * control once 64 KiB are waiting.
   */
  pause(): void {
    this.session.pause();
  }

  /** Resumes the delivery of messages after `pause`. */
  resume(): void {
    this.session.resume();
  }

  /**
   * Subscribes to a topic: `server.publish` sends its messages to this socket until the connection
   * has ended and the `close` handler was called.
   *
   * @param topic - At most 1,024 characters. Any string, also one that a client chose.
   * @returns Whether the socket was not subscribed; false if it is closed.
   * @throws RangeError with `WS_ERR_TOO_MANY_TOPICS` if the socket has `maxTopicsPerSocket` topics.
   * @throws InvalidStateError on a client.
   */
  subscribe(topic: string): boolean {
    return !this.session.finished && this.memberships.subscribe(this, topic);
  }

  /** Ends the subscription to a topic. Returns whether there was one. */
  unsubscribe(topic: string): boolean {
    return this.memberships.unsubscribe(this, topic);
  }

  /** Whether the socket is subscribed to a topic. */
  isSubscribed(topic: string): boolean {
    return this.memberships.topicsOf(this).has(topic);
  }

  /** The topics to which the socket is subscribed. The set is live. */
  get topics(): ReadonlySet<string> {
    return this.memberships.topicsOf(this);
  }

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
  [Symbol.asyncIterator](): AsyncIterator<Message, undefined> {
    return this.queue;
  }

  private get queue(): MessageQueue {
    const { messages } = this.session;
    if (messages === undefined) {
      throw new InvalidStateError("messages of this socket go to its message handler");
    }
    return messages;
  }

  /** @internal */
  [shutDown](statusCode: number, reason: string | undefined): void {
    this.session.shutDown(statusCode, reason);
  }

  /** @internal */
  [fail](error: Error): void {
    this.session.failed(error);
  }

  private get memberships(): SocketTopics {
    const { topics } = this.session;
    if (topics === undefined) throw new InvalidStateError("only sockets of a server have topics");
    return topics;
  }

  private sent(): SendResult {
    const { session } = this;
    session.scheduleFlush();
    // Writing may have ended the connection: its transport failed, or the server's memory is full.
    if (session.finished) return "dropped";
    if (this.bufferedAmount <= session.buffers.highWaterMark) return "sent";
    session.needsDrain = session.checksEachMessage = true;
    return "queued";
  }
}

import {
  type CloseInfo,
  ConnectionState,
  InvalidStateError,
  PreparedMessage,
  StatusCode,
} from "@framewright/codec";
import { copyBytes, noBytes, shownValue, typeError } from "@framewright/codec/internal";
import { maxUncheckedLength } from "../options/buffer-options.ts";
import {
  checkOptionNames,
  checkOptions,
  type OptionNames,
  optionError,
} from "../options/option-values.ts";
import { isBlob, type UsedBlob } from "../runtime/blob.ts";
import type { RuntimeReadable, RuntimeWritable } from "../runtime/web-streams.ts";
import { type CheckedMessage, checkBytes, checkSendable } from "./check-message.ts";
import { type MessageSource, openSource } from "./chunk-source.ts";
import type { Message, MessageQueue } from "./message-queue.ts";
import { OutgoingStream } from "./outgoing-stream.ts";
import type { SocketSession, SocketTopics } from "./socket-session.ts";
import { readableOf, writableOf } from "./socket-streams.ts";
import type { Sendable, SendResult, SendStreamOptions, Socket } from "./socket-types.ts";

const sendStreamOptionNames: OptionNames<SendStreamOptions> = { text: 1 };

/** Up to this length in bytes, `Connection.send` copies what it gets. */
const maxCopiedLength = 65_536;

/** The Web Streams of a socket. */
interface SocketStreams {
  readable?: RuntimeReadable<Message>;
  writable?: RuntimeWritable<Sendable>;
}

/** Those of the sockets that use them, so that they cost the others nothing. */
const streamsOf = new WeakMap<object, SocketStreams>();

/** The sockets of `serve` and `connect`. See `Socket`. */
export class SessionSocket<Data = undefined> implements Socket<Data> {
  data: Data;
  readonly subprotocol: string;
  readonly extensions: string;
  /** For this package only, through `sessionOf`. */
  readonly session: SocketSession;
  private closedPromise: Promise<CloseInfo> | undefined = undefined;

  constructor(session: SocketSession, subprotocol: string, extensions: string, data: Data) {
    this.data = data;
    this.subprotocol = subprotocol;
    this.extensions = extensions;
    this.session = session;
  }

  get remoteAddress(): string {
    return this.session.transport.remoteAddress;
  }

  get readyState(): "open" | "closing" | "closed" {
    if (this.session.finished) return "closed";
    const { connection, blobs } = this.session;
    const isOpen = connection.state === ConnectionState.Open && blobs?.isClosing !== true;
    return isOpen ? "open" : "closing";
  }

  get bufferedAmount(): number {
    return this.session.bufferedAmount;
  }

  get latency(): number | undefined {
    const { latencyTime } = this.session;
    return latencyTime < 0 ? undefined : latencyTime / 1_000;
  }

  get closed(): Promise<CloseInfo> {
    const { session } = this;
    this.closedPromise ??= new Promise((resolve) => {
      if (session.finished) resolve(session.connection.closed as CloseInfo);
      else session.closeWaiter = resolve;
    });
    return this.closedPromise;
  }

  get drained(): Promise<void> {
    return new Promise((resolve) => whenDrained(this.session, () => resolve()));
  }

  send(data: Sendable): SendResult {
    // First, because most messages are strings or bytes: the search for a `Blob` takes longer.
    if (typeof data === "string" || data instanceof Uint8Array) return this.sendChecked(data);
    const message = checkSendable(data);
    return isBlob(message) ? this.sendBlob(message) : this.sendChecked(message);
  }

  private sendBlob(blob: UsedBlob): SendResult {
    const { session } = this;
    if (!session.admits(blob, blob.size) || !session.sendBlob(blob)) return "dropped";
    return sentBy(session);
  }

  private sendChecked(message: CheckedMessage): SendResult {
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
    return sentBy(this.session);
  }

  sendStream(source: MessageSource, options: SendStreamOptions = {}): Promise<"sent" | "dropped"> {
    checkOptions(options, "sendStream");
    checkOptionNames(options, sendStreamOptionNames);
    const { text } = options;
    if (text !== undefined && typeof text !== "boolean") {
      throw optionError("text", text, "a boolean");
    }
    const stream = new OutgoingStream(this.session, openSource(source), text);
    stream.start();
    return stream.result;
  }

  get readable(): RuntimeReadable<Message> {
    const { streams } = this;
    streams.readable ??= readableOf(this.queue, this.closed, () => this.close());
    return streams.readable;
  }

  get writable(): RuntimeWritable<Sendable> {
    const { streams } = this;
    streams.writable ??= writableOf<Sendable>(this.closed, {
      write: (chunk) => writeMessage(this, chunk),
      close: () => this.close(),
      abort: () => this.close(StatusCode.InternalError),
    });
    return streams.writable;
  }

  private get streams(): SocketStreams {
    const streams = streamsOf.get(this) ?? {};
    streamsOf.set(this, streams);
    return streams;
  }

  [Symbol.dispose](): void {
    this.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  offer(data: Sendable, maxBufferedAmount: number): boolean {
    if (typeof maxBufferedAmount !== "number" || Number.isNaN(maxBufferedAmount)) {
      const message = `maxBufferedAmount must be a number, got ${shownValue(maxBufferedAmount)}`;
      throw typeError("WS_ERR_INVALID_ARGUMENT", message);
    }
    // Messages of the current burst count as buffered, although the transport might accept them.
    if (this.bufferedAmount > maxBufferedAmount) this.session.flush();
    if (this.bufferedAmount <= maxBufferedAmount) return this.send(data) !== "dropped";
    this.session.reportDropped(checkSendable(data));
    return false;
  }

  ping(payload: ArrayBufferLike | ArrayBufferView = noBytes): SendResult {
    if (!this.session.connection.ping(checkBytes(payload, "a ping payload"))) return "dropped";
    return sentBy(this.session);
  }

  close(statusCode?: number, reason?: string): void {
    this.session.close(statusCode, reason);
  }

  terminate(): void {
    this.session.terminate();
  }

  pause(): void {
    this.session.pause();
  }

  resume(): void {
    this.session.resume();
  }

  subscribe(topic: string): boolean {
    return !this.session.finished && this.memberships.subscribe(this, topic);
  }

  unsubscribe(topic: string): boolean {
    return this.memberships.unsubscribe(this, topic);
  }

  isSubscribed(topic: string): boolean {
    return this.memberships.topicsOf(this).has(topic);
  }

  get topics(): ReadonlySet<string> {
    return this.memberships.topicsOf(this);
  }

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

  private get memberships(): SocketTopics {
    const { topics } = this.session;
    if (topics === undefined) throw new InvalidStateError("only sockets of a server have topics");
    return topics;
  }
}

/** Returns the session of a socket that `serve` or `connect` created. */
export function sessionOf(socket: Socket<unknown>): SocketSession {
  return (socket as SessionSocket<unknown>).session;
}

/**
 * Sends a message, and waits until the peer has room for the next. Returns false if the socket is
 * closing, so that the message is not sent.
 *
 * @throws InvalidStateError if the connection ends before; TypeError if `data` is no message.
 */
export async function writeMessage(socket: Socket<unknown>, data: unknown): Promise<boolean> {
  const session = sessionOf(socket);
  if (!queueOwned(session, checkSendable(data))) return false;
  if (sentBy(session) !== "queued") return true;
  if (await new Promise<boolean>((resolve) => whenDrained(session, resolve))) return true;
  throw new InvalidStateError("the connection ended before the message was written");
}

/** Queues a message. The caller may reuse its bytes before they are written. */
function queueOwned(session: SocketSession, message: CheckedMessage | UsedBlob): boolean {
  const { connection } = session;
  if (session.blobs?.isClosing === true) return false;
  if (isBlob(message)) return session.sendBlob(message);
  const isLong = message instanceof Uint8Array && message.length > maxCopiedLength;
  const isQueued =
    message instanceof PreparedMessage
      ? connection.sendPrepared(message)
      : connection.send(isLong ? copyBytes(message, 0, message.length) : message);
  if (isQueued) session.countSent();
  return isQueued;
}

/** Writes what was queued. Returns what to tell the sender. */
function sentBy(session: SocketSession): SendResult {
  session.scheduleFlush();
  // Writing may have ended the connection: its transport failed, or the server's memory is full.
  if (session.finished) return "dropped";
  if (session.bufferedAmount <= session.buffers.highWaterMark) return "sent";
  session.needsDrain = session.checksEachMessage = true;
  return "queued";
}

/** @param call - Gets whether the peer has room again; false if the connection has ended. */
function whenDrained(session: SocketSession, call: (isDrained: boolean) => void): void {
  if (session.bufferedAmount <= session.buffers.lowWaterMark) return call(true);
  session.drainWaiters ??= [];
  session.drainWaiters.push(call);
}

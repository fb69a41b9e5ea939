import {
  Connection,
  ConnectionState,
  PreparedMessage,
  ProtocolError,
  StatusCode,
} from "@framewright/codec";
import type { PerMessageDeflate } from "@framewright/codec/deflate";
import { copyBytes, utf8Length } from "@framewright/codec/internal";
import type { LimitAction, LimitName } from "../diagnostics.ts";
import { type BufferLimits, maxFrameLength, maxHeaderLength } from "../options/buffer-options.ts";
import { isBlob, type UsedBlob } from "../runtime/blob.ts";
import { trimPoolsLater } from "../timing/pool-trimming.ts";
import type { TurnQueue } from "../timing/turn-queue.ts";
import type { Transport } from "../transport/transport.ts";
import { writeBytes } from "../transport/write-out.ts";
import type { CheckedMessage } from "./check-message.ts";
import { countWaitingCopies, flushSoon } from "./flush-queue.ts";
import { callHandler, type Direction, reportError } from "./handlers.ts";
import { pingQueued } from "./life.ts";
import { OutgoingBlobs } from "./outgoing-blobs.ts";
import type { OutgoingStream } from "./outgoing-stream.ts";
import type { SocketSettings } from "./socket-options.ts";
import type { DroppedMessage, Socket } from "./socket-types.ts";
import { TerminationError } from "./termination-error.ts";

/** Output is flushed at once when this many bytes are buffered. */
const flushLength = 65_536;
/** Output of up to this many bytes always waits for the microtask: its buffers are short. */
const shortLength = 256;
/** Longer output is written at once, in bytes: it would fill memory, and gains nothing. */
const maxDeferred = 4_096;

/** The sending half of a `Session`: limits what is queued, and writes it once per burst. */
export abstract class SessionOutput<Data> {
  readonly connection: Connection;
  readonly transport: Transport;
  socket!: Socket<Data>;
  /** Whether the connection has ended. Set just before the `close` handler is called. */
  finished = false;
  /** Whether `send` returned "queued" and `drain` has not been called since. */
  needsDrain = false;
  /** Whether even a short message could exceed `maxBufferedAmount`. */
  checksEachMessage: boolean;
  drainWaiters: ((isDrained: boolean) => void)[] | undefined = undefined;
  outgoing: Set<OutgoingStream> | undefined = undefined;
  blobs: OutgoingBlobs | undefined = undefined;
  /** Written by `Deadlines` only. */
  deadlineIndex = -1;
  /** Written by `TimerWheel` only. */
  wheelPosition = -1;
  /** Written by `Life`, apart from the ticks of what is received and sent. */
  receivedTick = 0;
  messageTick = 0;
  pingTick = 0;
  pingTime = -1;
  latencyTime = -1;
  /** Written by `Backlog` only. */
  countedAmount = 0;

  protected readonly settings: SocketSettings<Data>;
  /** Whether `read` or `start` is running. They flush at their end. */
  protected reading = false;
  protected inputEnded = false;
  protected outputEnded = false;
  /** Whether the transport was destroyed while received messages are still being handled. */
  protected isTransportAbandoned = false;
  /** Whether the operating system has accepted our Close frame, and so everything before it. */
  protected isCloseWritten = false;
  /** Whether `flush` or `endBurst` will be called. */
  protected flushScheduled = false;
  /** How many bytes of copies are counted by `countWaitingCopies`. */
  private waitingCopies = 0;
  /** Bytes of the handshake response that have not been written. The `wire` handler skips them. */
  private unreportedAnswerLength = 0;
  /**
   * Length of the handshake response until all output is written. It waits for Deno, which writes
   * later, and not for the peer.
   */
  private waitingAnswerLength = 0;

  constructor(
    settings: SocketSettings<Data>,
    transport: Transport,
    deflate: PerMessageDeflate | undefined,
  ) {
    this.settings = settings;
    this.transport = transport;
    this.connection = new Connection(settings.connection, deflate);
    this.checksEachMessage = settings.buffers.checksEachMessage;
  }

  abstract readonly transportPaused: boolean;
  abstract close(statusCode?: number, reason?: string): void;
  abstract failed(error: Error): void;
  /** Called when the closing handshake takes too long. */
  abstract expire(): void;
  /** Reads, pauses or resumes as the state demands. */
  protected abstract settleInput(): void;
  protected abstract waitForTurn(): void;
  /** @param error - Why the transport failed. */
  protected abstract finish(error?: Error): void;

  /** Bytes that were sent but not yet accepted by the operating system. */
  get bufferedAmount(): number {
    if (this.finished || this.isTransportAbandoned) return 0;
    const { connection, transport, blobs } = this;
    const amount = connection.bufferedAmount + transport.pending;
    return blobs === undefined ? amount : amount + blobs.length;
  }

  get turns(): TurnQueue {
    return this.settings.turns;
  }

  get buffers(): BufferLimits {
    return this.settings.buffers;
  }

  /**
   * Whether a message may be queued. If too many bytes wait for the peer, ends the connection or
   * reports the message as dropped.
   *
   * @param length - The message's length in bytes or UTF-16 code units.
   */
  admits(message: CheckedMessage | UsedBlob, length: number): boolean {
    const { max, drops } = this.settings.buffers;
    if (this.blobs?.isClosing === true) return false;
    if (this.bufferedAmount + maxFrameLength(length) <= max) return true;
    this.flush();
    // A closing connection drops the message in any case.
    if (this.connection.state !== ConnectionState.Open) return true;
    const { bufferedAmount } = this;
    if (bufferedAmount <= this.waitingAnswerLength) return true;
    if (bufferedAmount + byteLength(message) <= max) return true;
    if (drops) {
      this.reachedLimit("maxBufferedAmount", "dropped");
      this.reportDropped(message);
    } else {
      const reason = `more than ${max} bytes wait for the peer`;
      this.failed(new TerminationError("WS_ERR_PEER_TOO_SLOW", reason));
    }
    return false;
  }

  /** Publishes that a limit acts. */
  reachedLimit(name: LimitName, action: LimitAction): void {
    this.settings.diagnostics.limited(name, action, this);
  }

  /** Publishes which limit ends the connection, if one does. */
  protected reportFault(error: Error | undefined): void {
    this.settings.diagnostics.limitedBy(error, this);
  }

  /** Queues a `Blob`, which is sent when it was read. */
  sendBlob(blob: UsedBlob): boolean {
    if (this.blobs?.isClosing === true) return false;
    const blobs = this.blobs ?? new OutgoingBlobs(this);
    if (!blobs.add(blob)) return false;
    this.blobs = blobs;
    return true;
  }

  /** Called when a `Blob` cannot be read: neither it nor what waits behind it is sent. */
  blobFailed(error: unknown): void {
    const { handlers, diagnostics } = this.settings;
    reportError(handlers, diagnostics, error, this.socket);
    this.blobs = undefined;
    this.close(StatusCode.InternalError);
  }

  reportDropped(message: CheckedMessage | UsedBlob): void {
    const { handlers, counters } = this.settings;
    counters.messagesDropped++;
    if (handlers.dropped !== undefined)
      this.call(() => handlers.dropped?.(this.socket, message as DroppedMessage));
  }

  /** Called for each message that is queued. */
  countSent(): void {
    this.settings.counters.messagesSent++;
    this.messageTick = this.settings.life.tick;
  }

  /** Schedules a flush after something was queued, so that a burst of messages is one write. */
  scheduleFlush(): void {
    const { connection } = this;
    if (connection.isCompressing) this.waitForTurn();
    const { bufferedAmount } = connection;
    if (bufferedAmount >= flushLength) return this.flush();
    if (this.reading) return;
    if (bufferedAmount > shortLength && connection.isOutputCopied) {
      const more = bufferedAmount - this.waitingCopies;
      this.waitingCopies = bufferedAmount;
      if (!countWaitingCopies(more)) return this.flush();
    }
    if (this.flushScheduled) return;
    this.flushScheduled = true;
    flushSoon(this);
  }

  /** Called by `flushSoon`. */
  endBurst(): void {
    this.flushScheduled = false;
    this.flushWithOthers();
  }

  /** Writes short output when other sockets are written too, if that pays, and the rest at once. */
  protected flushWithOthers(): void {
    const { settings, connection, transport } = this;
    const { state, bufferedAmount } = connection;
    const isShort = bufferedAmount > 0 && bufferedAmount <= maxDeferred;
    const mayWait = isShort && state === ConnectionState.Open && !this.inputEnded;
    if (mayWait && transport.isMultiplexed !== true)
      this.flushScheduled ||= settings.writeBatch?.join(this) === true;
    if (!mayWait || !this.flushScheduled) this.flush();
  }

  /** Queues the server's handshake response, which is no frame and is not counted or reported. */
  protected queueAnswer(answer: Uint8Array): void {
    this.connection.enqueue(answer);
    this.unreportedAnswerLength = this.waitingAnswerLength = answer.length;
    this.settings.counters.bytesSent -= answer.length;
  }

  /** Writes buffered output until the transport accepts no more. */
  flush(): void {
    this.flushScheduled = false;
    if (this.waitingCopies > 0) {
      countWaitingCopies(-this.waitingCopies);
      this.waitingCopies = 0;
    }
    if (this.finished) return;
    const { connection, transport } = this;
    if (this.isTransportAbandoned) {
      if (connection.closed !== undefined) this.finish();
      return;
    }
    for (
      let bytes = connection.peekBuffer();
      bytes !== undefined;
      bytes = connection.peekBuffer()
    ) {
      const { outputStart: start, outputEnd: end } = connection;
      const taken = writeBytes(transport, bytes, start, end, connection.isOutputReachable);
      if (this.finished) return;
      connection.advance(taken); // before calling user code, which may send and re-enter `flush`
      if (this.pingTick <= pingQueued) this.settings.life.wrote(this, taken);
      this.settings.counters.bytesSent += taken;
      // The close timeout restarts with each write, because the peer is still reading.
      if (taken > 0 && connection.state !== ConnectionState.Open) this.extendClosing();
      this.reportWire("out", bytes, start, taken);
      if (this.finished) return;
      if (taken < end - start) break;
    }
    if (connection.isOutputBroken) return this.failed(new ProtocolError("WS_ERR_DETACHED_BYTES"));
    if (this.pingTick <= pingQueued) this.settings.life.wroteAll(this);
    if (this.needsDrain || this.drainWaiters !== undefined) this.drainIfLow();
    if (this.outgoing !== undefined) this.advanceStreams();
    const { pending } = transport;
    this.countWaiting(this.bufferedAmount);
    if (connection.bufferedAmount > 0 || this.finished) return;
    if (pending === 0) {
      this.isCloseWritten = connection.state !== ConnectionState.Open;
      this.onAllWritten();
    }
    if (connection.closed !== undefined) this.endOutput();
  }

  /** Called after each write, which may end the connection. */
  protected countWaiting(amount: number): void {
    if (amount !== this.countedAmount) this.settings.backlog?.count(this, amount);
  }

  /** Reports `length` bytes from `start` on. */
  protected reportWire(
    direction: Direction,
    bytes: Uint8Array,
    start: number,
    length: number,
  ): void {
    if (this.settings.handlers.wire === undefined) return;
    // The handshake response precedes the first frames in the output. It is not reported.
    const skipped = direction === "out" ? Math.min(this.unreportedAnswerLength, length) : 0;
    if (direction === "out") this.unreportedAnswerLength -= skipped;
    if (skipped === length) return;
    // A copy, because the `ArrayBuffer` may hold bytes of other connections.
    const shown = copyBytes(bytes, start + skipped, start + length);
    this.call(() => this.settings.handlers.wire?.(this.socket, direction, shown));
  }

  /** Called when the operating system has accepted all output. */
  protected onAllWritten(): void {
    this.waitingAnswerLength = 0;
    this.connection.releaseOutput();
    trimPoolsLater();
  }

  /** Continues or ends the messages that are sent in fragments. */
  protected advanceStreams(): void {
    for (const stream of this.outgoing ?? []) stream.advance();
  }

  protected drainIfLow(): void {
    if (this.bufferedAmount > this.settings.buffers.lowWaterMark) return;
    this.checksEachMessage = this.settings.buffers.checksEachMessage;
    const waiters = this.drainWaiters;
    this.drainWaiters = undefined;
    for (const call of waiters ?? []) call(true);
    if (!this.needsDrain) return;
    this.needsDrain = false;
    this.call(() => this.settings.handlers.drain?.(this.socket));
  }

  /** Calls user code. If it throws or rejects, reports the error and closes the connection. */
  protected call(call: () => unknown): void {
    callHandler(call, (error) => this.handlerFailed(error));
  }

  protected handlerFailed(error: unknown): void {
    const { handlers, diagnostics } = this.settings;
    reportError(handlers, diagnostics, error, this.socket);
    this.close(StatusCode.InternalError);
  }

  private extendClosing(): void {
    if (this.connection.bufferedAmount > 0) this.settings.group.closing.restart(this);
  }

  /** Ends the output after the closing handshake, when everything has been written. */
  private endOutput(): void {
    const { role } = this.settings.connection;
    // RFC 6455 section 7.1.1: the server closes TCP first. The client waits for it, unless it fails
    // the connection.
    const first = role === "server" || this.connection.closed?.wasClean === false;
    if (!this.outputEnded && (first || this.inputEnded)) {
      this.outputEnded = true;
      this.transport.shutdown();
    }
    if (!this.inputEnded) this.settleInput();
    else if (this.transport.pending === 0) this.finish();
  }
}

/** The number of bytes that are queued for a message at most. */
function byteLength(message: CheckedMessage | UsedBlob): number {
  if (message instanceof PreparedMessage) return message.frame.length;
  if (isBlob(message)) return message.size + maxHeaderLength;
  const length = typeof message === "string" ? utf8Length(message) : message.length;
  return length + maxHeaderLength;
}

import {
  type CloseInfo,
  Connection,
  ConnectionEvent,
  ConnectionState,
  PreparedMessage,
  ProtocolError,
  StatusCode,
} from "@framewright/codec";
import type { PerMessageDeflate } from "@framewright/codec/deflate";
import { copyBytes, noBytes, utf8Length } from "@framewright/codec/internal";
import type { BufferLimits } from "../options/buffer-options.ts";
import { trimPoolsLater } from "../timing/pool-trimming.ts";
import type { Transport, TransportListener } from "../transport/transport.ts";
import { flushSoon } from "./flush-queue.ts";
import { asPromise, callHandler, type Direction, reportError } from "./handlers.ts";
import { Hold, InputAction, inputAction } from "./input-gate.ts";
import { pingQueued } from "./life.ts";
import { type Message, MessageQueue } from "./message-queue.ts";
import type { Socket, SocketSession } from "./socket.ts";
import type { SocketSettings } from "./socket-options.ts";
import { TerminationError } from "./termination-error.ts";

/** RFC 6455 section 5.2. */
const maxHeaderLength = 14;
/** Output is flushed at once when this many bytes are buffered. */
const flushLength = 65_536;

/**
 * Runs one connection over one transport. It reads while messages can be delivered, writes once per
 * received chunk or microtask, and ends the connection and the transport within the close timeout.
 */
export class Session<Data> implements TransportListener, SocketSession {
  readonly connection: Connection;
  readonly transport: Transport;
  /** Messages for `for await`; undefined if there is a `message` handler. */
  readonly messages: MessageQueue | undefined;
  /** Whether the connection has ended. Set just before the `close` handler is called. */
  finished = false;
  /** Whether `send` returned "queued" and `drain` has not been called since. */
  needsDrain = false;
  /** Whether even a short message could exceed `maxBufferedAmount`. */
  checksEachMessage: boolean;
  drainWaiters: (() => void)[] | undefined = undefined;
  closeWaiter: ((info: CloseInfo) => void) | undefined = undefined;
  socket!: Socket<Data>;
  /** Written by `Deadlines` only. */
  deadlineIndex = -1;
  /** Written by `OpenSockets` only. */
  listIndex = -1;
  /** Written by `TimerWheel` only. */
  wheelSlot = -1;
  wheelIndex = -1;
  /** Written by `Life`, apart from the ticks of what is received and sent here. */
  receivedTick = 0;
  messageTick = 0;
  endTick = 0;
  pingTick = 0;
  pingTime = -1;
  latencyTime = -1;
  /** How many bytes are written before the last byte of the heartbeat's Ping is. */
  unwrittenPing = 0;

  private readonly settings: SocketSettings<Data>;
  /** Whether `read` or `start` is running. They flush at their end. */
  private reading = false;
  private flushScheduled = false;
  /** The reasons not to deliver messages, as bits of `Hold`. */
  private holds = 0;
  transportPaused = true;
  /** Whether the session is in `settings.turns`. */
  private isWaitingForTurn = false;
  /** The turn of the event loop in which the session last started a share; -1 for none. */
  private shareTurn = -1;
  private ignoresMessages = false;
  /** See `shutDown`. */
  private closeAfterHandlers: (() => void) | undefined = undefined;
  private inputEnded = false;
  private outputEnded = false;
  /** Whether the transport was destroyed while received messages are still being handled. */
  private isTransportAbandoned = false;
  /** Bytes of the handshake response that have not been written. The `wire` handler skips them. */
  private unreportedAnswerLength = 0;
  /** How many bytes are left of the share. */
  private bytesLeft: number;

  constructor(
    settings: SocketSettings<Data>,
    transport: Transport,
    deflate: PerMessageDeflate | undefined,
  ) {
    this.settings = settings;
    this.transport = transport;
    this.connection = new Connection(settings.connection, deflate);
    this.bytesLeft = settings.maxBytesPerTurn;
    this.checksEachMessage = settings.buffers.checksEachMessage;
    this.messages =
      settings.handlers.message === undefined
        ? new MessageQueue(() => this.release(Hold.Queue))
        : undefined;
  }

  /** Takes over the transport after the opening handshake. See `openSocket`. */
  start(socket: Socket<Data>, answer: Uint8Array, rest: Uint8Array): void {
    this.socket = socket;
    this.settings.group.open.add(this);
    this.settings.life.watch(this);
    this.transport.listener = this;
    this.connection.enqueue(answer);
    this.unreportedAnswerLength = answer.length;
    this.settings.counters.bytesSent -= answer.length; // it is no frame, but is written like one
    this.reading = true; // messages that `open` sends are written together with the response
    if (this.settings.handlers.open !== undefined) {
      this.call(() => this.settings.handlers.open?.(socket));
    }
    this.reading = false;
    this.closeIfShutDown();
    if (rest.length > 0) this.receive(rest);
    this.flush();
    this.settleInput();
  }

  receive(bytes: Uint8Array): void {
    const { connection } = this;
    // After the closing handshake, only the end of the transport matters.
    if (connection.closed !== undefined) return;
    this.receivedTick = this.settings.life.tick;
    this.settings.counters.bytesReceived += bytes.length;
    this.reportWire("in", bytes, bytes.length);
    connection.receive(bytes);
    this.bytesLeft -= bytes.length;
    if (this.holds === 0) this.read();
    if (this.bytesLeft <= 0) this.endShare();
    if (this.holds === 0) return;
    connection.retainInput();
    this.settleInput();
  }

  drained(): void {
    this.flush();
  }

  ended(): void {
    this.inputEnded = true;
    if (this.connection.closed !== undefined) return this.flush();
    // A slow handler must not keep the descriptor of a peer that is gone beyond the close timeout.
    if (this.holds !== 0) this.startClosing();
    this.settleInput();
  }

  failed(error: Error): void {
    this.connection.end(error);
    this.finish();
  }

  /** Starts the closing handshake. `receive` and `ended` complete it. */
  close(statusCode?: number, reason?: string): void {
    if (!this.connection.close(statusCode, reason)) return;
    this.startClosing();
    this.scheduleFlush();
    // The peer's Close frame may be behind messages that user code does not read.
    this.release(Hold.User | Hold.Queue);
  }

  /** Called when the server closes: no message handler is called any more. */
  stopDelivery(): void {
    this.ignoresMessages = true;
  }

  /**
   * Called when the server closes. A message handler that runs may still send its reply: the closing
   * handshake starts when it has settled.
   */
  shutDown(statusCode: number, reason: string | undefined): void {
    this.closeAfterHandlers = () => this.close(statusCode, reason);
    this.closeIfShutDown();
  }

  private closeIfShutDown(): void {
    if (!this.reading && (this.holds & Hold.Handler) === 0) this.closeAfterHandlers?.();
  }

  /** Ends the connection without a closing handshake. */
  terminate(): void {
    if (this.finished) return;
    this.connection.end();
    this.finish();
  }

  /**
   * Called by `closing`: the peer did not complete the closing handshake in time, or ended its
   * direction while a handler was busy.
   */
  expire(): void {
    const { closed, unread, isInflating } = this.connection;
    if (closed === undefined && this.inputEnded && (unread > 0 || isInflating)) {
      this.abandonTransport();
    } else {
      this.terminate();
    }
  }

  /**
   * Called by `paused`: sends an empty Pong, because a transport that does not read notices only by
   * writing that its peer is gone.
   */
  probePeer(): void {
    if (this.bufferedAmount === 0 && this.connection.pong(noBytes)) this.flush();
    if (this.transportPaused && !this.finished) this.settings.group.paused.add(this);
  }

  pause(): void {
    if (this.connection.state !== ConnectionState.Open) return;
    this.holds |= Hold.User;
    this.settleInput();
  }

  resume(): void {
    this.release(Hold.User);
  }

  get exposesMemory(): boolean {
    return this.settings.connection.borrowedMessages === true;
  }

  /** Bytes that were sent but not yet accepted by the operating system. */
  get bufferedAmount(): number {
    if (this.finished || this.isTransportAbandoned) return 0;
    return this.connection.bufferedAmount + this.transport.pending;
  }

  get buffers(): BufferLimits {
    return this.settings.buffers;
  }

  /**
   * Whether a message may be queued. If too many bytes wait for the peer, ends the connection or
   * reports the message as dropped.
   *
   * @param length - At most this many bytes are queued for the message.
   */
  admits(message: Message | PreparedMessage, length: number): boolean {
    const { max, drops } = this.settings.buffers;
    if (this.bufferedAmount + length <= max) return true;
    this.flush();
    // A closing connection drops the message in any case.
    if (this.connection.state !== ConnectionState.Open) return true;
    if (this.bufferedAmount === 0 || this.bufferedAmount + byteLength(message) <= max) return true;
    if (drops) {
      this.reportDropped(message);
    } else {
      const reason = `more than ${max} bytes wait for the peer`;
      this.failed(new TerminationError("WS_ERR_PEER_TOO_SLOW", reason));
    }
    return false;
  }

  reportDropped(message: Message | PreparedMessage): void {
    const { handlers, counters } = this.settings;
    counters.messagesDropped++;
    if (handlers.dropped !== undefined) this.call(() => handlers.dropped?.(this.socket, message));
  }

  /** Called once for all messages of a chunk. */
  private countReceived(messages: number): void {
    this.settings.counters.messagesReceived += messages;
    this.messageTick = this.settings.life.tick;
  }

  /** Called for each message that is queued. */
  countSent(): void {
    this.settings.counters.messagesSent++;
    this.messageTick = this.settings.life.tick;
  }

  /** Schedules a flush after something was queued, so that a burst of messages is one write. */
  scheduleFlush(): void {
    if (this.connection.isCompressing) this.waitForTurn();
    if (this.connection.bufferedAmount >= flushLength) {
      this.flush();
    } else if (!this.reading && !this.flushScheduled) {
      this.flushScheduled = true;
      flushSoon(this);
    }
  }

  /** Writes buffered output until the transport accepts no more. */
  flush(): void {
    this.flushScheduled = false;
    if (this.finished) return;
    const { connection, transport } = this;
    if (this.isTransportAbandoned) {
      if (connection.closed !== undefined) this.finish();
      return;
    }
    for (let bytes = connection.peek(); bytes !== undefined; bytes = connection.peek()) {
      const taken = transport.write(bytes);
      connection.advance(taken); // before calling user code, which may send and re-enter `flush`
      if (this.pingTick === pingQueued) this.unwrittenPing -= taken;
      this.settings.counters.bytesSent += taken;
      // The close timeout restarts with each write, because the peer is still reading.
      if (taken > 0 && connection.state !== ConnectionState.Open) this.extendClosing();
      this.reportWire("out", bytes, taken);
      if (this.finished) return;
      if (taken < bytes.length) break;
    }
    if (connection.isOutputBroken) return this.failed(new ProtocolError("WS_ERR_DETACHED_BYTES"));
    if (this.pingTick === pingQueued) this.settings.life.written(this);
    if (this.needsDrain || this.drainWaiters !== undefined) this.drainIfLow();
    if (connection.bufferedAmount > 0) return;
    if (transport.pending === 0) this.onAllWritten();
    if (connection.closed !== undefined) this.endOutput();
  }

  /** Called by `TurnQueue` in a later turn of the event loop. */
  continueTurn(): void {
    this.isWaitingForTurn = false;
    if (this.finished) return;
    const { connection } = this;
    if (connection.isCompressing) {
      connection.compress();
      this.flush();
      if (connection.isCompressing) this.waitForTurn();
    }
    if ((this.holds & Hold.Turn) === 0) return;
    this.startShare();
    this.release(Hold.Turn);
  }

  /** Renews the limits per turn. */
  private startShare(): void {
    this.shareTurn = this.settings.turns.currentTurn();
    this.connection.startTurn();
    this.bytesLeft = this.settings.maxBytesPerTurn;
  }

  /**
   * Called when a limit per turn is reached. If other connections had a turn since the share began,
   * the next share begins at once: to pause the transport costs as much as 100 to 1,000 messages.
   */
  private endShare(): void {
    if (this.settings.turns.currentTurn() !== this.shareTurn) return this.startShare();
    this.holds |= Hold.Turn;
    this.waitForTurn();
  }

  private waitForTurn(): void {
    if (this.isWaitingForTurn) return;
    this.isWaitingForTurn = true;
    this.settings.turns.join(this);
  }

  private release(holds: number): void {
    this.holds &= ~holds;
    this.settleInput();
  }

  /** Applies `inputAction` until there is nothing left to do. */
  private settleInput(): void {
    for (;;) {
      if (this.reading || this.finished) return;
      const action = inputAction(this.holds, this.undelivered, this.transportPaused);
      if (action === InputAction.None) return;
      if (action === InputAction.Deliver) {
        this.read();
        if (this.holds !== 0) this.connection.retainInput();
      } else {
        this.pauseTransport(action === InputAction.PauseTransport);
      }
    }
  }

  private pauseTransport(paused: boolean): void {
    const { transport, settings } = this;
    this.transportPaused = paused;
    if (!paused) {
      settings.group.paused.delete(this);
      settings.life.resumed(this);
      transport.resume();
      return;
    }
    if (this.connection.state === ConnectionState.Open) settings.group.paused.add(this);
    transport.pause();
  }

  private extendClosing(): void {
    if (this.connection.bufferedAmount > 0) this.settings.group.closing.restart(this);
  }

  private startClosing(): void {
    this.settings.group.paused.delete(this);
    this.settings.life.delete(this);
    this.settings.group.closing.add(this);
  }

  /**
   * Number of received bytes that are not delivered. 1 if there are none but `read` still has work:
   * a message to decompress, or the end of the input to handle.
   */
  private get undelivered(): number {
    const { connection } = this;
    if (connection.closed !== undefined) return 0;
    return connection.unread || (connection.isInflating || this.inputEnded ? 1 : 0);
  }

  private read(): void {
    if (this.reading || this.finished) return;
    this.reading = true;
    const { connection } = this;
    let messages = 0;
    while (this.holds === 0 && !this.finished) {
      const event = connection.next();
      if (event === ConnectionEvent.Message) {
        messages++;
        if (!this.ignoresMessages) this.deliver(connection.message);
      } else if (event === ConnectionEvent.Pong) this.deliverPong(connection.payload);
      else if (event === ConnectionEvent.Yield) this.endShare();
      else if (event === ConnectionEvent.NeedData) {
        if (!this.inputEnded || connection.closed !== undefined) break;
        connection.end();
      }
    }
    this.reading = false;
    if (messages > 0) this.countReceived(messages);
    if (this.closeAfterHandlers !== undefined) this.closeIfShutDown();
    this.flush();
    if (connection.closed !== undefined && !this.finished) this.startClosing();
  }

  private deliver(message: Message): void {
    if (this.messages !== undefined) return this.deliverToQueue(this.messages, message);
    const { handlers } = this.settings;
    try {
      const promise = asPromise(handlers.message?.(this.socket, message));
      if (promise === undefined) return;
      this.holds |= Hold.Handler;
      promise.then(
        () => this.handlerSettled(),
        (error) => {
          this.handlerFailed(error);
          this.handlerSettled();
        },
      );
    } catch (error) {
      this.handlerFailed(error);
    }
  }

  private handlerSettled(): void {
    this.holds &= ~Hold.Handler;
    this.closeIfShutDown();
    this.settleInput();
  }

  private deliverToQueue(messages: MessageQueue, message: Message): void {
    if (!messages.full) messages.push(message);
    // After our Close frame, messages that do not fit the queue are dropped.
    const isOpen = this.connection.state === ConnectionState.Open;
    if (messages.full && isOpen) this.holds |= Hold.Queue;
  }

  private deliverPong(payload: Uint8Array): void {
    if (this.settings.life.isAnswered(this, payload)) return;
    if (this.settings.handlers.pong === undefined) return;
    const copy = copyBytes(payload, 0, payload.length);
    this.call(() => this.settings.handlers.pong?.(this.socket, copy));
  }

  private reportWire(direction: Direction, bytes: Uint8Array, length: number): void {
    if (this.settings.handlers.wire === undefined) return;
    // The handshake response precedes the first frames in the output. It is not reported.
    const start = direction === "out" ? Math.min(this.unreportedAnswerLength, length) : 0;
    if (direction === "out") this.unreportedAnswerLength -= start;
    if (start === length) return;
    // A copy, because the `ArrayBuffer` may hold bytes of other connections.
    const shown = copyBytes(bytes, start, length);
    this.call(() => this.settings.handlers.wire?.(this.socket, direction, shown));
  }

  /** Called when the operating system has accepted all output. */
  private onAllWritten(): void {
    this.connection.releaseOutput();
    trimPoolsLater();
  }

  private drainIfLow(): void {
    if (this.bufferedAmount > this.settings.buffers.lowWaterMark) return;
    this.checksEachMessage = this.settings.buffers.checksEachMessage;
    const waiters = this.drainWaiters;
    this.drainWaiters = undefined;
    for (const resolve of waiters ?? []) resolve();
    if (!this.needsDrain) return;
    this.needsDrain = false;
    this.call(() => this.settings.handlers.drain?.(this.socket));
  }

  /** Calls user code. If it throws or rejects, reports the error and closes the connection. */
  private call(call: () => unknown): void {
    callHandler(call, (error) => this.handlerFailed(error));
  }

  private handlerFailed(error: unknown): void {
    reportError(this.settings.handlers, error, this.socket);
    this.close(StatusCode.InternalError);
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

  /** Closes the descriptor of a peer that is gone while its messages are still being handled. */
  private abandonTransport(): void {
    this.isTransportAbandoned = true;
    this.transport.destroy();
    this.connection.discardOutput();
    this.onAllWritten();
    this.drainIfLow();
  }

  private finish(): void {
    if (this.finished) return;
    this.finished = true;
    this.settings.group.closing.delete(this);
    this.settings.group.paused.delete(this);
    this.settings.life.delete(this);
    // A transport closes by itself once both directions have ended.
    const ended = this.outputEnded && this.inputEnded && this.transport.pending === 0;
    if (!ended) this.transport.destroy();
    this.connection.discard();
    this.messages?.end();
    this.settings.group.open.delete(this);
    const info = this.connection.closed as CloseInfo;
    this.settings.counters.countClose(info);
    for (const resolve of this.drainWaiters ?? []) resolve();
    const { handlers } = this.settings;
    if (handlers.close !== undefined) {
      const { statusCode, reason, wasClean } = info;
      this.call(() => handlers.close?.(this.socket, statusCode, reason, wasClean));
    }
    this.closeWaiter?.(info);
  }
}

/** The number of bytes that are queued for a message at most. */
function byteLength(message: Message | PreparedMessage): number {
  if (message instanceof PreparedMessage) return message.frame.length;
  const length = typeof message === "string" ? utf8Length(message) : message.length;
  return length + maxHeaderLength;
}

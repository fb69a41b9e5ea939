import { ConnectionEvent, ConnectionState, StatusCode } from "@framewright/codec";
import type { PerMessageDeflate } from "@framewright/codec/deflate";
import { copyBytes, freeBytes } from "@framewright/codec/internal";
import type { Transport } from "../transport/transport.ts";
import { asPromise } from "./handlers.ts";
import type { IncomingStream } from "./incoming-stream.ts";
import { IncompleteMessageError, incompleteError } from "./incomplete-message-error.ts";
import { Hold, InputAction, inputAction } from "./input-gate.ts";
import { type Message, MessageQueue } from "./message-queue.ts";
import type { RateLimit } from "./rate-limit.ts";
import { SessionOutput } from "./session-output.ts";
import type { SocketSettings } from "./socket-options.ts";

/** Shorter chunks are left to the garbage collector: to free one costs some 500 ns. */
const minFreedChunkLength = 65_536;

/**
 * The receiving half of a `Session`: reads while messages can be delivered, for one share of each
 * turn of the event loop.
 */
export abstract class SessionInput<Data> extends SessionOutput<Data> {
  /** Messages for `for await`; undefined if there is a `message` handler. */
  readonly messages: MessageQueue | undefined;
  transportPaused = true;
  /** The reasons not to deliver messages, as bits of `Hold`. */
  protected holds = 0;
  /** The long message that is being received; undefined if there is none. */
  private incoming: IncomingStream | undefined = undefined;
  /** Whether the promise of a `messageStream` handler has not settled. */
  private isStreamHandled = false;
  /** Whether the session is in `settings.turns`. */
  private isWaitingForTurn = false;
  /** The turn of the event loop in which the session last started a share; -1 for none. */
  private shareTurn = -1;
  /** How many bytes are left of the share. */
  private bytesLeft: number;
  /** How many chunks the user has got as a message. */
  private deliveredChunks = 0;

  constructor(
    settings: SocketSettings<Data>,
    transport: Transport,
    deflate: PerMessageDeflate | undefined,
  ) {
    super(settings, transport, deflate);
    this.bytesLeft = settings.maxBytesPerTurn;
    this.messages =
      settings.handlers.message === undefined
        ? new MessageQueue(() => this.release(Hold.Queue))
        : undefined;
  }

  /** Called regularly while the transport is paused. */
  abstract probePeer(): void;
  protected abstract startClosing(): void;
  /** Called when no message handler is running. */
  protected abstract closeIfShutDown(): void;

  receive(bytes: Uint8Array): void {
    const { connection } = this;
    // After the closing handshake, only the end of the transport matters.
    if (connection.closed !== undefined) return;
    this.receivedTick = this.settings.life.tick;
    this.settings.counters.bytesReceived += bytes.length;
    this.reportWire("in", bytes, 0, bytes.length);
    connection.receive(bytes);
    this.bytesLeft -= bytes.length;
    const { deliveredChunks } = this;
    if (this.holds === 0) this.read();
    if (this.bytesLeft <= 0) this.endShare();
    const { holds } = this;
    if (holds !== 0) connection.retainInput();
    const isLong = bytes.length >= minFreedChunkLength;
    if (isLong && this.deliveredChunks === deliveredChunks) this.freeChunk(bytes);
    if (holds !== 0) this.settleInput();
  }

  /** Frees the memory of a received chunk, unless the transport or somebody else may refer to it. */
  private freeChunk(chunk: Uint8Array): void {
    const isOwn = this.transport.handsOverInput === true;
    // The chunk may be what followed an opening handshake in the same read.
    if (!isOwn || chunk.length !== chunk.buffer.byteLength) return;
    const { borrowedMessages } = this.settings.connection;
    // While input is held, unread bytes are a copy, but a handler may still use a borrowed message.
    if (this.holds === 0 ? this.undelivered === 0 : borrowedMessages !== true) freeBytes(chunk);
  }

  pause(): void {
    if (this.connection.state !== ConnectionState.Open) return;
    this.holds |= Hold.User;
    this.settleInput();
  }

  resume(): void {
    this.release(Hold.User);
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

  protected waitForTurn(): void {
    if (this.isWaitingForTurn) return;
    this.isWaitingForTurn = true;
    this.settings.turns.join(this);
  }

  protected release(holds: number): void {
    this.holds &= ~holds;
    this.settleInput();
  }

  /** Applies `inputAction` until there is nothing left to do. */
  protected settleInput(): void {
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

  /**
   * Number of received bytes that are not delivered. 1 if there are none but `read` still has work:
   * a message to decompress, or the end of the input to handle.
   */
  private get undelivered(): number {
    const { connection } = this;
    if (connection.closed !== undefined) return 0;
    return connection.unread || (connection.isInflating || this.inputEnded ? 1 : 0);
  }

  protected read(): void {
    if (this.reading || this.finished) return;
    this.reading = true;
    const { connection } = this;
    const { group, rate } = this.settings;
    let messages = 0;
    while (this.holds === 0 && !this.finished) {
      const event = connection.next();
      if (event === ConnectionEvent.Message) {
        messages++;
        if (connection.isMessageChunk) this.deliveredChunks++;
        const isDelivered = rate === undefined || this.isAllowed(rate);
        if (isDelivered && !group.isDeliveryOver) this.deliver(connection.message);
      } else if (event === ConnectionEvent.Pong) this.deliverPong(connection.payload);
      else if (event === ConnectionEvent.Yield) this.endShare();
      else if (event === ConnectionEvent.Closed) this.reportClosed();
      else if (event === ConnectionEvent.NeedData) {
        if (!this.inputEnded || connection.closed !== undefined) break;
        connection.end();
      } else if (event === ConnectionEvent.MessagePart) this.deliverPart();
    }
    this.reading = false;
    if (messages > 0) this.countReceived(messages);
    this.closeIfShutDown();
    this.flushWithOthers();
    if (connection.closed !== undefined && !this.finished) this.startClosing();
  }

  private reportClosed(): void {
    this.reportFault(this.connection.closed?.error);
    this.failIncoming();
  }

  /** Fails the stream of a long message that did not arrive completely. */
  protected failIncoming(): void {
    if (this.incoming === undefined) return;
    const { error } = this.connection.closed ?? {};
    const message = "the connection ended before the message was complete";
    this.incoming.fail(incompleteError(message, error));
    this.incoming = undefined;
  }

  /** Counts a message. Pauses or closes if the peer sends too many. Returns whether to deliver it. */
  private isAllowed(rate: RateLimit): boolean {
    const { counters } = this.settings;
    if (rate.closes) {
      if (rate.take(this)) return true;
      if (this.connection.state === ConnectionState.Open) {
        counters.messageRateExceeded++;
        this.reachedLimit("messageRate", "closed");
      }
      this.close(StatusCode.PolicyViolation, "too many messages");
      return false;
    }
    rate.take(this);
    // After our Close frame nothing is held back, because the peer's is behind its messages.
    if (this.connection.state === ConnectionState.Open && !rate.isNextAllowed(this)) {
      counters.messageRateExceeded++;
      this.reachedLimit("messageRate", "paused");
      this.holds |= Hold.Rate;
    }
    return true;
  }

  /** Called by `RateLimit`: the next message is allowed. */
  continueReading(): void {
    this.release(Hold.Rate);
  }

  /** Called once for all messages of a chunk. */
  private countReceived(messages: number): void {
    this.settings.counters.messagesReceived += messages;
    this.messageTick = this.settings.life.tick;
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

  /** Whether a long message is being received, or its handler has not settled. */
  protected get isStreaming(): boolean {
    return this.isStreamHandled || this.incoming !== undefined;
  }

  /** Passes a part of a long message on, and waits with the next if nobody reads them. */
  private deliverPart(): void {
    const { connection } = this;
    const { message, isLastPart } = connection;
    this.incoming ??= this.openIncoming(connection.isTextPart);
    const { incoming } = this;
    this.messageTick = this.settings.life.tick;
    incoming.push(message, isLastPart);
    if (isLastPart) this.incoming = undefined;
    // After our Close frame nothing is held back, because the peer's is behind its messages.
    if (connection.state !== ConnectionState.Open) return;
    if (!incoming.isReady) this.holds |= Hold.Stream;
    if (isLastPart && this.isStreamHandled) this.holds |= Hold.Handler;
  }

  private openIncoming(isText: boolean): IncomingStream {
    const { group, rate, handlers, createStream } = this.settings;
    const incoming = createStream(() => this.release(Hold.Stream));
    this.countReceived(1);
    const isDelivered = rate === undefined || this.isAllowed(rate);
    if (!isDelivered || group.isDeliveryOver) {
      incoming.fail(new IncompleteMessageError("the message is not delivered"));
      return incoming;
    }
    this.incoming = incoming; // the handler may end the connection
    const settled = () => {
      this.isStreamHandled = false;
      this.handlerSettled();
    };
    this.call(() => {
      const promise = asPromise(handlers.messageStream?.(this.socket, incoming.stream, isText));
      if (promise === undefined) return undefined;
      this.isStreamHandled = true;
      promise.then(settled, settled);
      return promise;
    });
    return incoming;
  }

  private handlerSettled(): void {
    this.holds &= ~Hold.Handler;
    this.closeIfShutDown();
    this.settleInput();
  }

  private deliverToQueue(messages: MessageQueue, message: Message): void {
    // After our Close frame delivery is not held, so that messages may not fit the queue.
    messages.push(message);
    const isOpen = this.connection.state === ConnectionState.Open;
    if (messages.full && isOpen) this.holds |= Hold.Queue;
  }

  private deliverPong(payload: Uint8Array): void {
    if (this.settings.life.isAnswered(this, payload)) return;
    if (this.settings.handlers.pong === undefined) return;
    const copy = copyBytes(payload, 0, payload.length);
    this.call(() => this.settings.handlers.pong?.(this.socket, copy));
  }
}

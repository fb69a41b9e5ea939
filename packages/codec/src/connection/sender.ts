import { copyBytes, noBytes } from "../bytes/bytes.ts";
import { checkAttached } from "../bytes/check-attached.ts";
import { encodeClosePayload } from "../close-payload.ts";
import type { PerMessageDeflate } from "../deflate/permessage-deflate.ts";
import { FrameBit } from "../frame/header.ts";
import { PreparedMessage } from "../message/prepared-message.ts";
import { Opcode } from "../opcode.ts";
import { CompressionQueue, type FrameSink, isCompressedInParts } from "./compression-queue.ts";
import { checkControlPayload } from "./control-payload.ts";
import { FragmentedMessage } from "./fragmented-message.ts";
import { acquireQueue, type OutputQueue, releaseQueue } from "./output.ts";
import { queueCompressed, queueFrame, queueMessage, queuePrepared } from "./output-frames.ts";
import { checkSenderOptions, type SenderOptions } from "./sender-options.ts";
import { ConnectionState, Ignored, StateInput, transitions } from "./state.ts";

/**
 * While more than this many bytes wait to be sent, only the latest Ping is answered
 * (RFC 6455 section 5.5.3).
 */
const maxBufferedForPong = 16_384;
/**
 * The sending half of a connection: turns messages, control frames and the Close frame into bytes.
 * `Connection` extends it by the receiving half.
 */
export class Sender implements FrameSink {
  state: ConnectionState = ConnectionState.Open;

  protected readonly options: SenderOptions;
  protected readonly deflate: PerMessageDeflate | undefined;
  /** Taken while bytes wait to be sent, or the transport still refers to sent ones. */
  private queue: OutputQueue | undefined = undefined;
  /** Messages that wait for compression; undefined if there are none. */
  private compressionQueue: CompressionQueue | undefined = undefined;
  /** A message that is sent in fragments, and those behind it; undefined if there is none. */
  private fragmented: FragmentedMessage | undefined = undefined;
  /** The payload of the latest Ping, if its Pong waits for other output. */
  private pendingPong: Uint8Array | undefined = undefined;

  /**
   * @param options - Retained, not modified.
   * @param deflate - The negotiated permessage-deflate, if any.
   * @throws TypeError if a client has no `drawMaskingKey`.
   */
  constructor(options: SenderOptions, deflate: PerMessageDeflate | undefined) {
    checkSenderOptions(options);
    this.options = options;
    this.deflate = deflate;
  }

  /** How many bytes wait to be sent, including data that waits for compression. */
  get bufferedAmount(): number {
    return this.compressionQueue === undefined && this.fragmented === undefined
      ? this.queuedLength
      : this.queuedLength + (this.compressionQueue?.length ?? 0) + this.heldLength;
  }

  /** Length of the messages that wait until a fragmented one is complete; see `beginFragments`. */
  get heldLength(): number {
    return this.fragmented?.heldLength ?? 0;
  }

  /** How many bytes of finished frames wait to be sent. */
  get queuedLength(): number {
    return this.queue?.length ?? 0;
  }

  /** Whether messages wait for compression. If so, call `compress` in each turn. */
  get isCompressing(): boolean {
    return this.compressionQueue !== undefined;
  }

  /** Compresses one turn's share of the messages that wait for compression. */
  compress(): void {
    this.compressionQueue?.advance();
    if (this.compressionQueue?.isEmpty === true) this.dropCompressionQueue();
  }

  /**
   * Queues bytes that are no frame: the opening handshake's response, before any frame.
   *
   * @param bytes - Copied.
   */
  enqueue(bytes: Uint8Array): void {
    this.output.appendCopy(bytes);
  }

  /**
   * Queues one message as one frame.
   *
   * @param data - A string is sent as text, bytes as binary. Up to 64 KiB of bytes are copied. A
   *   server retains longer ones, not modified, until they are written: do not change them before.
   * @returns false if nothing was queued because a Close frame was sent or received.
   * @throws TypeError if the memory of the bytes was transferred.
   */
  send(data: string | Uint8Array): boolean {
    if (data.length === 0) checkAttached(data);
    if (this.state !== ConnectionState.Open) return false;
    this.append(data);
    return true;
  }

  /**
   * Queues a message that was encoded once for many connections.
   *
   * @param message - Retained until written, not modified.
   * @returns false if nothing was queued because a Close frame was sent or received.
   * @throws TypeError if the memory of its frame was transferred.
   */
  sendPrepared(message: PreparedMessage): boolean {
    if (message.frame.length === 0) checkAttached(message.frame);
    if (this.state !== ConnectionState.Open) return false;
    if (this.fragmented === undefined) this.appendPrepared(message);
    else this.fragmented.hold(message);
    return true;
  }

  /**
   * Starts a message that is sent in fragments (RFC 6455 section 5.4). Messages that are sent before
   * its last fragment wait behind it; control frames do not.
   *
   * @param begin - Called when `sendFragment` may be called: at once, or when an earlier fragmented
   *   message is complete. Never called if a Close frame is sent or received before. Must not throw.
   * @returns false if a Close frame was sent or received.
   *
   * @example
   * connection.beginFragments(() => {
   *   connection.sendFragment(start, false, false);
   *   connection.sendFragment(end, false, true);
   * });
   */
  beginFragments(begin: () => void): boolean {
    if (this.state !== ConnectionState.Open) return false;
    if (this.fragmented !== undefined) {
      this.fragmented.hold(begin);
      return true;
    }
    this.fragmented = new FragmentedMessage(this, this.deflate);
    begin();
    return true;
  }

  /**
   * Queues the next fragment of the message. Call it only while `isCompressing` is false: messages
   * that were sent before must be complete.
   *
   * @param bytes - Copied. The parts of a text may be cut within characters, but must be valid UTF-8
   *   together. Not empty, unless `isLast`.
   * @param isText - Whether the message is text. Only its first fragment tells the peer.
   * @param isLast - Whether the message ends with this fragment. Then the messages behind it follow.
   * @returns false if nothing was queued because a Close frame was sent or received.
   */
  sendFragment(bytes: Uint8Array, isText: boolean, isLast: boolean): boolean {
    const { fragmented } = this;
    if (this.state !== ConnectionState.Open || fragmented === undefined) return false;
    fragmented.queue(bytes, isText, isLast);
    if (isLast) this.releaseHeld(fragmented);
    return true;
  }

  /**
   * Queues a message as one frame, instead of in fragments, in the place that `beginFragments` kept
   * for it. Call it when it has begun, before any `sendFragment`.
   *
   * @param data - See `send`.
   * @returns false if nothing was queued because a Close frame was sent or received.
   */
  sendBegun(data: string | Uint8Array): boolean {
    const { fragmented } = this;
    if (this.state !== ConnectionState.Open || fragmented === undefined) return false;
    this.fragmented = undefined;
    this.append(data);
    this.releaseHeld(fragmented);
    return true;
  }

  /**
   * Queues a Ping (RFC 6455 section 5.5.2).
   *
   * @param payload - At most 125 bytes. Copied. Default: empty.
   * @returns false if nothing was queued because a Close frame was sent or received.
   * @throws RangeError if the payload is longer, TypeError if it is no `Uint8Array`.
   */
  ping(payload: Uint8Array = noBytes): boolean {
    checkControlPayload("ping", payload);
    if (this.state !== ConnectionState.Open) return false;
    this.queueControl(Opcode.Ping, payload);
    return true;
  }

  /**
   * Queues an unsolicited Pong, which the peer ignores (RFC 6455 section 5.5.3).
   *
   * @param payload - At most 125 bytes. Copied. Default: empty.
   * @returns false if nothing was queued because a Close frame was sent or received.
   * @throws RangeError if the payload is longer, TypeError if it is no `Uint8Array`.
   */
  pong(payload: Uint8Array = noBytes): boolean {
    checkControlPayload("pong", payload);
    if (this.state !== ConnectionState.Open) return false;
    this.sendPong(payload);
    return true;
  }

  /**
   * Starts the closing handshake (RFC 6455 section 7.1.2).
   *
   * @returns false if nothing was queued because a Close frame was sent or received.
   * @throws RangeError or TypeError for a status code or reason that must not be sent.
   */
  close(statusCode?: number, reason?: string): boolean {
    const payload = encodeClosePayload(statusCode, reason);
    if (this.state !== ConnectionState.Open) return false;
    this.sendClose(payload);
    return true;
  }

  /** Returns the next contiguous bytes to write, or undefined. Borrowed; see `OutputQueue.peek`. */
  peek(): Uint8Array | undefined {
    this.queueWaitingPong();
    return this.queue?.peek();
  }

  /**
   * As `peek`, for transports that need no view.
   *
   * @returns The queue's memory, in which `outputStart` and `outputEnd` tell the next bytes.
   */
  peekBuffer(): Uint8Array | undefined {
    this.queueWaitingPong();
    return this.queue?.peekBuffer();
  }

  get outputStart(): number {
    return this.queue?.peekStart ?? 0;
  }

  get outputEnd(): number {
    return this.queue?.peekEnd ?? 0;
  }

  /** Whether waiting bytes are in a buffer of the queue, not only in memory of others. */
  get isOutputCopied(): boolean {
    return this.queue !== undefined && this.queue.buffer !== noBytes;
  }

  /** Whether user code can reach the memory of the next bytes; see `OutputQueue.isReachable`. */
  get isOutputReachable(): boolean {
    return this.queue?.isReachable === true;
  }

  private queueWaitingPong(): void {
    if (this.pendingPong !== undefined && this.queuedLength === 0) {
      const payload = this.pendingPong;
      this.pendingPong = undefined;
      this.sendPong(payload);
    }
  }

  /** Drops the first `length` bytes of what `peek` returned: the transport took them. */
  advance(length: number): void {
    this.queue?.advance(length);
  }

  /** Gives up the output queue if it is empty. Call it when nothing refers to its bytes. */
  releaseOutput(): void {
    if (this.queue !== undefined && releaseQueue(this.queue)) this.queue = undefined;
  }

  /** Whether the output is cut within a frame for good; see `OutputQueue.isBroken`. */
  get isOutputBroken(): boolean {
    return this.queue?.isBroken === true || this.compressionQueue?.isBroken === true;
  }

  /**
   * Drops all waiting bytes and sends nothing more, not even a Close frame: the transport is gone.
   * Messages that were received can still be read.
   */
  discardOutput(): void {
    this.move(StateInput.SendClose);
    this.queue = this.compressionQueue = this.pendingPong = this.fragmented = undefined;
  }

  /** Drops all waiting bytes: the transport is gone. */
  discard(): void {
    this.queue = this.compressionQueue = this.fragmented = undefined;
  }

  /** Answers a Ping (RFC 6455 section 5.5.3), at once if little output waits. */
  protected answerPing(payload: Uint8Array): void {
    const waits = this.queuedLength > maxBufferedForPong;
    // Drops an earlier Ping that still waits: its Pong must not follow this one's.
    this.pendingPong = waits ? copyBytes(payload, 0, payload.length) : undefined;
    if (!waits) this.sendPong(payload);
  }

  /** Queues a Close frame, the last frame, behind all messages. */
  protected sendClose(payload: Uint8Array): void {
    this.compressionQueue?.flush();
    this.endSending();
    this.queueControl(Opcode.Close, payload);
    this.move(StateInput.SendClose);
  }

  /** Drops what waits for compression, a message in fragments with those behind it, and a Pong. */
  protected endSending(): void {
    this.dropCompressionQueue();
    this.pendingPong = this.fragmented = undefined;
  }

  /** Drops what waits for compression, even if it is broken: the connection fails. */
  protected discardCompression(): void {
    this.compressionQueue = undefined;
  }

  /** See `FrameSink`. */
  get output(): OutputQueue {
    this.queue ??= acquireQueue();
    return this.queue;
  }

  /** Queues the messages behind a complete fragmented one, up to the next of its kind. */
  private releaseHeld(fragmented: FragmentedMessage): void {
    this.fragmented = undefined;
    for (;;) {
      const message = fragmented.release();
      if (message === undefined) return;
      if (typeof message === "function") {
        fragmented.restart();
        this.fragmented = fragmented;
        return message();
      }
      if (message instanceof PreparedMessage) this.appendPrepared(message);
      else this.append(message);
    }
  }

  private appendPrepared(message: PreparedMessage): void {
    const frame = this.options.role !== "client" ? message.frameFor(this.deflate) : undefined;
    if (frame === undefined) this.append(message.data);
    else if (this.compressionQueue !== undefined) this.compressionQueue.pushFrame(frame);
    else queuePrepared(this.output, frame);
  }

  private append(data: string | Uint8Array): void {
    if (this.fragmented !== undefined) return this.fragmented.hold(data);
    const { deflate } = this;
    const { text } = this.options;
    if (
      deflate !== undefined &&
      (this.compressionQueue !== undefined || isCompressedInParts(data.length, deflate))
    ) {
      this.compressionQueue ??= new CompressionQueue(this, deflate, text);
      return this.compressionQueue.push(data);
    }
    const { output } = this;
    const maskingKey = this.nextMaskingKey();
    if (deflate === undefined || !queueCompressed(output, data, maskingKey, deflate, text)) {
      queueMessage(output, data, maskingKey, text);
    }
  }

  /** Drops the queue, but keeps a broken one: nothing may be sent after it. */
  private dropCompressionQueue(): void {
    if (this.compressionQueue?.isBroken !== true) this.compressionQueue = undefined;
  }

  private sendPong(payload: Uint8Array): void {
    this.queueControl(Opcode.Pong, payload);
  }

  private queueControl(opcode: Opcode, payload: Uint8Array): void {
    queueFrame(this.output, FrameBit.Fin | opcode, payload, this.nextMaskingKey());
  }

  /** See `FrameSink`. */
  nextMaskingKey(): number | undefined {
    return this.options.role === "client" ? this.options.drawMaskingKey?.() : undefined;
  }

  protected move(input: StateInput): boolean {
    const next = transitions[this.state][input];
    if (next === Ignored) return false;
    this.state = next;
    return true;
  }
}

import { noBytes } from "../bytes/bytes.ts";
import { type Allocator, MessageBuffer } from "../bytes/message-buffer.ts";
import { type Deflator, type Inflator, maxWindowBits, minWindowBits } from "./compressor.ts";
import { deflatorMemory, inflatorMemory } from "./compressor-pool.ts";
import type { DeflateParameters } from "./deflate-negotiation.ts";
import type { DeflateSettings } from "./deflate-settings.ts";
import { InflateResult } from "./inflate-result.ts";
import { InflatedBytes } from "./inflated-bytes.ts";

/**
 * Default thresholds in bytes without and with the window of the previous message, as measured for
 * JSON. Without a window 128 bytes become 113 and 1,024 become 482; with one, 128 become 51.
 */
const defaultThreshold = 1_024;
const takeoverThreshold = 128;

/** What a flush ends with, an empty stored block without its first bits (RFC 1951 section 3.2.4). */
const flushEnd = /* @__PURE__ */ Uint8Array.of(0x00, 0x00, 0xff, 0xff);

/**
 * One connection's permessage-deflate (RFC 7692). It compresses the messages that the endpoint
 * sends and decompresses those that it receives.
 *
 * A compressor that keeps no window between messages is taken from the pool for one message, so an
 * idle connection without context takeover holds none.
 */
export class PerMessageDeflate {
  /** Messages of fewer bytes are sent uncompressed. */
  readonly threshold: number;
  /** Whether messages are compressed with the window of the previous one. */
  readonly keepsWindow: boolean;
  /** After `next`: whether all pushed bytes are decompressed. */
  done = true;
  /** The bytes that `next` wrote. Borrowed: valid until the next call for any connection. */
  output: Uint8Array = noBytes;
  /** Work of the last `next` beside its output; see `Inflator.extraWork`. */
  extraWork = 0;

  private readonly settings: DeflateSettings;
  private readonly agreement: DeflateParameters;
  private deflator: Deflator | undefined = undefined;
  /** Compresses one long message in parts if no window is kept between messages. */
  private longDeflator: Deflator | undefined = undefined;
  private inflator: Inflator | undefined = undefined;
  /** How many bytes this connection has reserved in the pool. */
  private reserved: number;
  /** Compressed payload of a message that is not complete yet. */
  private waiting: MessageBuffer | undefined = undefined;
  /** The memory in which an inflator is reserved because the pool's limit was reached. */
  private inflatorFrom: Allocator | undefined = undefined;
  /** Whether the bytes that are decompressed are the last of their message. */
  private isLastPushed = true;
  /** How many bytes of the message in progress are decompressed. */
  private length = 0;

  /**
   * @param settings - Retained, not modified.
   * @param agreement - Retained, not modified.
   * @param reserved - How many bytes are reserved in the pool for this connection: enough for the
   *   windows that it keeps. The rest is released.
   */
  constructor(settings: DeflateSettings, agreement: DeflateParameters, reserved: number) {
    this.settings = settings;
    this.agreement = agreement;
    const { sendContextTakeover, sendWindowBits, receiveContextTakeover, receiveWindowBits } =
      agreement;
    const compresses = sendWindowBits >= minWindowBits;
    this.keepsWindow = compresses && sendContextTakeover;
    const threshold =
      settings.threshold ?? (this.keepsWindow ? takeoverThreshold : defaultThreshold);
    this.threshold = compresses ? threshold : Number.POSITIVE_INFINITY;
    this.reserved =
      (receiveContextTakeover ? inflatorMemory(receiveWindowBits) : 0) +
      (this.keepsWindow ? deflatorMemory(sendWindowBits, settings.memLevel) : 0);
    settings.pool.release(reserved - this.reserved);
  }

  /**
   * The deflator that this connection shares with others. It compresses a message into the same
   * bytes for all of them. undefined if the connection keeps a window, cannot compress, or the
   * memory for the deflator is not available.
   */
  get sharedDeflator(): Deflator | undefined {
    const { pool, level, memLevel, maxMemory } = this.settings;
    const { sendWindowBits } = this.agreement;
    if (this.keepsWindow || sendWindowBits < minWindowBits) return undefined;
    this.deflator ??= pool.shareDeflator(sendWindowBits, level, memLevel, maxMemory);
    return this.deflator;
  }

  /**
   * Compresses one message (RFC 7692 section 7.2.1).
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns The payload of a frame with RSV1. Borrowed: valid until the next call for any
   *   connection. undefined if the message is to be sent uncompressed, because it is below the
   *   threshold, would not become shorter, or there is no memory for a deflator.
   */
  compress(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    if (end - start < this.threshold) return undefined;
    if (this.keepsWindow) {
      // It must be sent compressed even if that is longer, because the window contains it now.
      return this.ownDeflator().deflate(bytes, start, end);
    }
    const shared = this.sharedDeflator;
    if (shared === undefined) return undefined;
    const compressed = shared.deflate(bytes, start, end);
    shared.reset();
    return compressed.length < end - start ? compressed : undefined;
  }

  /** Creates what gathers a received binary message. See `InflatedBytes`. */
  createGatherer(memory: Allocator): InflatedBytes {
    return new InflatedBytes(memory);
  }

  /**
   * Prepares to compress a long message by `compressPart`. No other message may be compressed
   * before it is complete.
   *
   * @returns false if there is no memory for a deflator: send the message uncompressed.
   */
  startLong(): boolean {
    if (this.keepsWindow) return true;
    const { pool, level, memLevel, maxMemory } = this.settings;
    const { sendWindowBits } = this.agreement;
    if (!pool.reserve(deflatorMemory(sendWindowBits, memLevel), maxMemory)) return false;
    this.longDeflator = pool.openDeflator(sendWindowBits, level, memLevel);
    return true;
  }

  /**
   * Compresses a part of a long message.
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns Compressed bytes. Borrowed: valid until the next call for any connection.
   */
  compressPart(bytes: Uint8Array, start: number, end: number, isLast: boolean): Uint8Array {
    const deflator = this.longDeflator ?? this.ownDeflator();
    if (!isLast) return deflator.deflatePart(bytes, start, end);
    const compressed = deflator.deflate(bytes, start, end);
    this.endLong();
    return compressed;
  }

  /**
   * Takes a part other than the last of a received message's compressed payload. It stays
   * compressed until the message is complete: decompressed, it may need a thousand times as much
   * memory for as long as the peer likes.
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`. Copied.
   * @param memory - Provides and bounds the memory. Retained until the end of the message.
   * @returns false if the memory is refused.
   */
  gather(bytes: Uint8Array, start: number, end: number, memory: Allocator): boolean {
    this.waiting ??= new MessageBuffer(memory, true);
    return this.waiting.append(bytes, start, end, 0);
  }

  /**
   * Compresses a part of a message that is sent in fragments, and flushes it, so that the peer can
   * decompress it when it arrives. `startLong` must have returned true.
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`. Not empty, unless `isLast`.
   * @returns The fragment's payload. Borrowed: valid until the next call for any connection.
   */
  compressFragment(bytes: Uint8Array, start: number, end: number, isLast: boolean): Uint8Array {
    const deflator = this.longDeflator ?? this.ownDeflator();
    const compressed = deflator.deflate(bytes, start, end);
    if (isLast) {
      this.endLong();
      return compressed;
    }
    // Only the end of the message is removed (RFC 7692 section 7.2.1), not that of each flush.
    const fragment = new Uint8Array(compressed.length + flushEnd.length);
    fragment.set(compressed);
    fragment.set(flushEnd, compressed.length);
    return fragment;
  }

  /**
   * Takes the last part of a received message's compressed payload (RFC 7692 section 7.2.2). Then
   * call `next` until `done`.
   *
   * @param bytes - Borrowed until `done` or `retain`, not modified; read from `start` to `end`.
   * @param memory - Provides and bounds the memory. Retained until the end of the message.
   * @param isLast - false for a part that others follow, to decompress a message as it arrives.
   *   Default true.
   * @returns false if the memory is refused.
   */
  push(bytes: Uint8Array, start: number, end: number, memory: Allocator, isLast = true): boolean {
    const { waiting } = this;
    if (waiting !== undefined && !waiting.append(bytes, start, end, 0)) return false;
    this.inflator ??= this.acquireInflator(memory);
    if (this.inflator === undefined) return false;
    this.done = false;
    this.isLastPushed = isLast;
    if (waiting === undefined) this.inflator.push(bytes, start, end, isLast);
    else this.inflator.push(waiting.bytes, 0, waiting.length, isLast);
    return true;
  }

  /**
   * Copies the bytes that are not decompressed yet, so that their owner may reuse the pushed bytes.
   */
  retain(): void {
    if (this.waiting === undefined) this.inflator?.retain();
  }

  /**
   * Decompresses the next piece.
   *
   * @returns The length of the piece in `output`, possibly 0; or an `InflateResult`, after which
   *   only `close` may be called.
   */
  next(): number {
    const inflator = this.inflator as Inflator;
    const length = inflator.next();
    if (length < 0) return InflateResult.Invalid;
    this.length += length;
    if (this.length > this.settings.maxMessageSize) return InflateResult.TooLong;
    this.output = inflator.output;
    this.extraWork = inflator.extraWork ?? 0;
    this.done = inflator.done;
    if (this.done) this.endInput();
    return length;
  }

  /** Whether the peer must not use context takeover. */
  get deniesPeerTakeover(): boolean {
    return !this.agreement.receiveContextTakeover;
  }

  /** Frees all memory at once. No other method may be called afterwards. */
  close(): void {
    const { settings, agreement } = this;
    if (this.keepsWindow) this.deflator?.close();
    this.deflator = undefined;
    this.endLong();
    this.waiting?.discard();
    this.waiting = undefined;
    if (agreement.receiveContextTakeover) this.inflator?.close();
    else if (this.inflator !== undefined) this.releaseInflator(this.inflator);
    this.inflator = undefined;
    settings.pool.release(this.reserved);
    this.reserved = 0;
  }

  private ownDeflator(): Deflator {
    const { pool, level, memLevel } = this.settings;
    const { sendWindowBits } = this.agreement;
    this.deflator ??= pool.openDeflator(sendWindowBits, level, memLevel);
    return this.deflator;
  }

  private endLong(): void {
    if (this.longDeflator === undefined) return;
    const { pool, memLevel } = this.settings;
    this.longDeflator.close();
    this.longDeflator = undefined;
    pool.release(deflatorMemory(this.agreement.sendWindowBits, memLevel));
  }

  private acquireInflator(memory: Allocator): Inflator | undefined {
    const { pool, maxMemory } = this.settings;
    const { receiveContextTakeover, receiveWindowBits } = this.agreement;
    if (receiveContextTakeover) return pool.openInflator(receiveWindowBits);
    const inflator = pool.acquireInflator(maxMemory);
    if (inflator !== undefined) return inflator;
    // A received message must be decompressed even if the pool's limit is reached.
    if (memory.reserve?.(inflatorMemory(maxWindowBits)) === false) return undefined;
    this.inflatorFrom = memory;
    return pool.openInflator(maxWindowBits);
  }

  private releaseInflator(inflator: Inflator): void {
    if (this.inflatorFrom === undefined) return this.settings.pool.releaseInflator(inflator);
    inflator.close();
    this.inflatorFrom.release?.(inflatorMemory(maxWindowBits));
    this.inflatorFrom = undefined;
  }

  /** Called when all pushed bytes are decompressed. */
  private endInput(): void {
    this.waiting?.discard();
    this.waiting = undefined;
    if (!this.isLastPushed) return;
    this.length = 0;
    if (this.agreement.receiveContextTakeover) return;
    this.releaseInflator(this.inflator as Inflator);
    this.inflator = undefined;
  }
}

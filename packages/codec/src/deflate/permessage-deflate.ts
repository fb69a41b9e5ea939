import { noBytes } from "../bytes/bytes.ts";
import { type Allocator, MessageBuffer } from "../message/message-buffer.ts";
import type { Deflator, Inflator } from "./compressor.ts";
import {
  type CompressorPool,
  deflatorMemory,
  inflatorMemory,
  maxWindowBits,
} from "./compressor-pool.ts";
import type { DeflateParameters, DeflatePreferences } from "./deflate-negotiation.ts";

/** How connections compress. Shared by all connections of a server. */
export interface DeflateSettings extends DeflatePreferences {
  readonly pool: CompressorPool;
  /** Shorter messages go uncompressed, in bytes; left out, it depends on what is agreed. */
  readonly threshold: number | undefined;
  /** Effort, 1 to 9. */
  readonly level: number;
  /** Memory beside the window, 1 to 9. */
  readonly memLevel: number;
  /** With so many bytes in use by all of the pool, no more compressors are opened. */
  readonly maxMemory: number;
  /** Longest message that is received, in bytes, compressed or not. */
  readonly maxMessageSize: number;
  /** On a client: whether the server's answer must keep to all of the offer. Default false. */
  readonly strict?: boolean;
}

/** Compression alone saves little below it, and with the window of the last message from here on: measured. */
const defaultThreshold = 1_024;
const takeoverThreshold = 128;

/** The smallest window that zlib compresses raw data with (RFC 7692 section 7.1.2 allows 8). */
const minSendWindowBits = 9;

/** What `PerMessageDeflate.next` may come to instead of a length. */
export const InflateResult = {
  /** The data is not DEFLATE (RFC 1951). */
  Invalid: -1,
  /** The message is longer than the maximum message size. */
  TooLong: -2,
} as const;
export type InflateResult = (typeof InflateResult)[keyof typeof InflateResult];

/**
 * One connection's `permessage-deflate` (RFC 7692): compresses the messages that it sends and
 * decompresses those that it receives.
 *
 * Whatever keeps no window from message to message is borrowed for the length of one; so an idle
 * connection without context takeover holds no compressor.
 */
export class PerMessageDeflate {
  /** Shorter messages go uncompressed, in bytes. */
  readonly threshold: number;
  /** Whether messages are sent compressed with the window of the last one. */
  readonly keepsWindow: boolean;
  /** After `next`: whether all that was pushed has come out. */
  done = true;
  /** Where `next` writes. Borrowed: valid until the next call for any connection. */
  output: Uint8Array = noBytes;

  private readonly settings: DeflateSettings;
  private readonly agreement: DeflateParameters;
  private deflator: Deflator | undefined = undefined;
  /** Without a window that is kept: what compresses a long message, until that is complete. */
  private longDeflator: Deflator | undefined = undefined;
  private inflator: Inflator | undefined = undefined;
  /** What of the pool's memory is this connection's. */
  private reserved: number;
  /** Compressed data that waits for the message's end. */
  private waiting: MessageBuffer | undefined = undefined;
  /** What an inflator took of the memory for received messages, because the pool had none left. */
  private inflatorFrom: Allocator | undefined = undefined;
  /** How many bytes of the message in progress have come out. */
  private length = 0;

  /**
   * @param settings - Retained, not modified.
   * @param agreement - Retained, not modified.
   * @param reserved - What was reserved in the pool for this connection, in bytes: enough for the windows that it
   *   keeps. What it does not need goes back.
   */
  constructor(settings: DeflateSettings, agreement: DeflateParameters, reserved: number) {
    this.settings = settings;
    this.agreement = agreement;
    const { sendContextTakeover, sendWindowBits, receiveContextTakeover, receiveWindowBits } =
      agreement;
    const compresses = sendWindowBits >= minSendWindowBits;
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
   * What compresses the same message into the same bytes for every connection that has the same:
   * the key under which they can be kept. undefined when this connection compresses by itself.
   */
  get sharedDeflator(): Deflator | undefined {
    const { pool, level, memLevel, maxMemory } = this.settings;
    const { sendWindowBits } = this.agreement;
    if (this.keepsWindow || sendWindowBits < minSendWindowBits) return undefined;
    this.deflator ??= pool.shareDeflator(sendWindowBits, level, memLevel, maxMemory);
    return this.deflator;
  }

  /**
   * Compresses one message (RFC 7692 section 7.2.1).
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns What goes into a frame with RSV1. Borrowed: valid until the next call for any connection. Or undefined: the
   *   message is to go as it is, because it is short, would not become shorter, or because there is no memory.
   */
  compress(bytes: Uint8Array, start: number, end: number): Uint8Array | undefined {
    if (end - start < this.threshold) return undefined;
    if (this.keepsWindow) {
      // It must go out compressed even when that is longer: the window has moved.
      return this.ownDeflator().deflate(bytes, start, end);
    }
    const shared = this.sharedDeflator;
    if (shared === undefined) return undefined;
    const compressed = shared.deflate(bytes, start, end);
    shared.reset();
    return compressed.length < end - start ? compressed : undefined;
  }

  /**
   * Makes ready to compress a long message by `compressPart`. No other message may be compressed until it is complete.
   *
   * @returns false when there is no memory: the message is to go as it is.
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
   * @returns What has come out. Borrowed: valid until the next call for any connection.
   */
  compressPart(bytes: Uint8Array, start: number, end: number, isLast: boolean): Uint8Array {
    const deflator = this.longDeflator ?? this.ownDeflator();
    if (!isLast) return deflator.deflatePart(bytes, start, end);
    const compressed = deflator.deflate(bytes, start, end);
    this.endLong();
    return compressed;
  }

  /**
   * Takes a part of a received message's compressed payload that is not its last, and keeps it as it is: decompressed
   * it can take a thousand times as much memory for as long as the peer likes.
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @param memory - What it takes its memory of. Retained until the end of the message.
   * @returns false when there is no memory.
   */
  gather(bytes: Uint8Array, start: number, end: number, memory: Allocator): boolean {
    this.waiting ??= new MessageBuffer(memory, true);
    return this.waiting.append(bytes, start, end, 0);
  }

  /**
   * Takes the last part of a received message's compressed payload (RFC 7692 section 7.2.2); then call
   * `next` until `done`.
   *
   * @param bytes - Borrowed until `done` or `retain`, not modified; read from `start` to `end`.
   * @param memory - What it takes its memory of. Retained until the end of the message.
   * @returns false when there is no memory.
   */
  push(bytes: Uint8Array, start: number, end: number, memory: Allocator): boolean {
    const { waiting } = this;
    if (waiting !== undefined && !waiting.append(bytes, start, end, 0)) return false;
    this.inflator ??= this.acquireInflator(memory);
    if (this.inflator === undefined) return false;
    this.done = false;
    if (waiting === undefined) this.inflator.push(bytes, start, end, true);
    else this.inflator.push(waiting.bytes, 0, waiting.length, true);
    return true;
  }

  /** Copies what was pushed and has not been decompressed, so that pushed bytes can go back to their owner. */
  retain(): void {
    if (this.waiting === undefined) this.inflator?.retain();
  }

  /**
   * Decompresses the next piece.
   *
   * @returns How many bytes of `output` it takes, possibly 0; or one of `Inflation`, after which only `close` may be called.
   */
  next(): number {
    const inflator = this.inflator as Inflator;
    const length = inflator.next();
    if (length < 0) return InflateResult.Invalid;
    this.length += length;
    if (this.length > this.settings.maxMessageSize) return InflateResult.TooLong;
    this.output = inflator.output;
    this.done = inflator.done;
    if (this.done) this.endMessage();
    return length;
  }

  /** Whether the peer was told that no window is kept for what it sends. */
  get deniesPeerTakeover(): boolean {
    return !this.agreement.receiveContextTakeover;
  }

  /** Frees all memory at once. Nothing else may be called after. */
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
    // What was received must be understood, whatever the limit of the compressors.
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

  private endMessage(): void {
    this.waiting?.discard();
    this.waiting = undefined;
    this.length = 0;
    if (this.agreement.receiveContextTakeover) return;
    this.releaseInflator(this.inflator as Inflator);
    this.inflator = undefined;
  }
}

import { copyBytes } from "../bytes/bytes.ts";
import type { PerMessageDeflate } from "../deflate/permessage-deflate.ts";
import { maxTextFrameLength } from "../frame/encoder.ts";
import { FrameBit } from "../frame/header.ts";
import { Opcode } from "../opcode.ts";
import { standardTextCoding, type TextCoding } from "../utf8.ts";
import type { OutputQueue } from "./output.ts";
import {
  mayBeRetained,
  queueCompressed,
  queueMessage,
  queuePayload,
  queuePieces,
  queuePrepared,
} from "./output-frames.ts";

/**
 * How many bytes one connection compresses in one turn of the event loop: 1 to 8 ms of work.
 * Longer messages take several turns.
 */
export const compressionPartLength = 262_144;
/** How many bytes of a turn's share even the shortest message counts for. */
const minShare = 1_024;

/** A message that waits for compression, or a finished frame that waits behind one. */
interface QueuedMessage {
  readonly data: string | Uint8Array;
  /** Length of `data` when it was queued. Transferring its memory sets `data.length` to 0. */
  readonly length: number;
  readonly isFrame: boolean;
  /** The next in the queue. A linked list, because `shift` on a long array moves all the others. */
  next: QueuedMessage | undefined;
}

/** A long message while it is compressed in parts. */
interface LongMessage {
  /** The first byte of its frame if it is sent uncompressed. */
  readonly firstByte: number;
  readonly bytes: Uint8Array;
  /** Its entry in the queue. */
  readonly waiting: QueuedMessage;
  readonly compressed: Uint8Array[];
  compressedLength: number;
  /** How many of `bytes` have been compressed. */
  at: number;
}

/** Where a `CompressionQueue` puts its frames. */
export interface FrameSink {
  readonly output: OutputQueue;
  /** Draws the masking key of the next frame; undefined on a server. */
  nextMaskingKey(): number | undefined;
}

/**
 * Long messages that wait for compression, and everything sent after them, because messages go out
 * in the order in which they were sent. One part is compressed in each turn of the event loop, so
 * that other connections get their turn.
 */
export class CompressionQueue {
  /** Length of the waiting data: bytes, or UTF-16 code units of text. */
  length = 0;
  /** Set when waiting bytes were transferred or resized; see `OutputQueue.isBroken`. */
  isBroken = false;
  private readonly sink: FrameSink;
  private readonly deflate: PerMessageDeflate;
  private readonly coding: TextCoding | undefined;
  private first: QueuedMessage | undefined = undefined;
  private last: QueuedMessage | undefined = undefined;
  private long: LongMessage | undefined = undefined;

  /** Retains all its arguments. */
  constructor(sink: FrameSink, deflate: PerMessageDeflate, coding: TextCoding | undefined) {
    this.sink = sink;
    this.deflate = deflate;
    this.coding = coding;
  }

  /** Whether nothing waits, not even an empty message. */
  get isEmpty(): boolean {
    return this.long === undefined && this.first === undefined;
  }

  /**
   * Adds a message.
   *
   * @param data - Up to 64 KiB of bytes are copied. Longer ones are retained, not modified, if
   *   `mayBeRetained` allows it, and copied otherwise.
   */
  push(data: string | Uint8Array): void {
    const isCopied = typeof data !== "string" && !mayBeRetained(data);
    this.add(isCopied ? copyBytes(data, 0, data.length) : data, false);
  }

  /** Adds a finished frame, which other connections may send as well. Retained, not modified. */
  pushFrame(frame: Uint8Array): void {
    this.add(frame, true);
  }

  /** Compresses one turn's share, and queues the frames of the messages that are complete. */
  advance(): void {
    let left = compressionPartLength;
    while (left > 0 && !this.isBroken) {
      if (this.long !== undefined) {
        left -= this.compressPart(this.long);
        continue;
      }
      const { first } = this;
      if (first === undefined) return;
      this.first = first.next;
      if (this.isWhole(first)) left -= this.start(first);
    }
  }

  /**
   * Queues everything that waits, uncompressed, because a Close frame follows. Compression may have
   * stopped within a message, so its window holds data that the peer never receives.
   */
  flush(): void {
    let waiting = this.long === undefined ? this.first : this.long.waiting;
    for (; waiting !== undefined; waiting = waiting.next) {
      if (!this.isWhole(waiting)) return;
      if (waiting.isFrame) queuePrepared(this.sink.output, waiting.data as Uint8Array);
      else this.queuePlain(waiting.data);
    }
    this.long = this.first = undefined;
    this.length = 0;
  }

  private add(data: string | Uint8Array, isFrame: boolean): void {
    const waiting: QueuedMessage = { data, length: data.length, isFrame, next: undefined };
    // `last` may have left the queue already: it is then the long message, where `flush` starts.
    if (this.last !== undefined) this.last.next = waiting;
    this.first ??= waiting;
    this.last = waiting;
    this.length += data.length;
  }

  /** Sends a short message or starts a long one. Returns the bytes it took of the turn's share. */
  private start(next: QueuedMessage): number {
    const { data, length } = next;
    const isInParts = !next.isFrame && isCompressedInParts(length, this.deflate);
    if (isInParts && this.deflate.startLong()) {
      const isText = typeof data === "string";
      this.long = {
        firstByte: FrameBit.Fin | (isText ? Opcode.Text : Opcode.Binary),
        bytes: isText ? encodeText(data, this.coding) : data,
        waiting: next,
        compressed: [],
        compressedLength: 0,
        at: 0,
      };
      return 0;
    }
    this.length -= length;
    if (isInParts) this.queuePlain(data);
    else this.queueShort(next);
    return Math.max(length, minShare);
  }

  private compressPart(long: LongMessage): number {
    const { bytes, at, firstByte, compressed, waiting } = long;
    if (!this.isWhole(waiting)) return 0;
    const end = Math.min(at + compressionPartLength, bytes.length);
    const isLast = end === bytes.length;
    const part = this.deflate.compressPart(bytes, at, end, isLast);
    compressed.push(copyBytes(part, 0, part.length));
    long.compressedLength += part.length;
    long.at = end;
    if (!isLast) return end - at;
    this.long = undefined;
    this.length -= waiting.length;
    const maskingKey = this.sink.nextMaskingKey();
    if (this.deflate.keepsWindow || long.compressedLength < bytes.length) {
      const { compressedLength } = long;
      const compressedFirst = FrameBit.Rsv1 | firstByte;
      queuePieces(this.sink.output, compressedFirst, compressed, compressedLength, maskingKey);
    } else {
      queuePayload(this.sink.output, firstByte, bytes, maskingKey);
    }
    return end - at;
  }

  private isWhole({ data, length }: QueuedMessage): boolean {
    if (data.length !== length) this.isBroken = true;
    return !this.isBroken;
  }

  private queueShort({ data, isFrame }: QueuedMessage): void {
    const { output } = this.sink;
    if (isFrame) return queuePrepared(output, data as Uint8Array);
    const maskingKey = this.sink.nextMaskingKey();
    if (!queueCompressed(output, data, maskingKey, this.deflate, this.coding)) {
      queueMessage(output, data, maskingKey, this.coding);
    }
  }

  private queuePlain(data: string | Uint8Array): void {
    queueMessage(this.sink.output, data, this.sink.nextMaskingKey(), this.coding);
  }
}

/** Tells whether a message is long enough to be compressed in parts, one in each turn. */
export function isCompressedInParts(length: number, { threshold }: PerMessageDeflate): boolean {
  return length > compressionPartLength && length >= threshold;
}

function encodeText(text: string, coding: TextCoding = standardTextCoding): Uint8Array {
  const bytes = new Uint8Array(maxTextFrameLength(text, coding));
  return bytes.subarray(0, coding.writeUtf8(text, bytes, 0));
}

import { copyBytes, joinBytes, noBytes } from "../bytes/bytes.ts";
import type { ProtocolErrorCode } from "../errors.ts";
import { applyMask } from "../mask/mask.ts";
import { isAscii, maskWords, WordView } from "../mask/words.ts";
import { isControl } from "../opcode.ts";
import { FrameHeader, maxFrameHeaderLength, readFrameHeader, readInt32 } from "./header.ts";
import { checkFrameStart, checkPayloadLength, type Role } from "./rules.ts";

/** What `FrameDecoder.next` returns. */
export const DecodeStep = {
  /** All bytes are read: push more. */
  NeedData: 0,
  /** Part of a frame's payload. More of it follows. */
  Payload: 1,
  /** The last part of a frame's payload, often all of it, possibly empty: the frame is complete. */
  FrameEnd: 2,
  /** The bytes are not a valid frame: see `error`. Final. */
  Failed: 3,
} as const;
export type DecodeStep = (typeof DecodeStep)[keyof typeof DecodeStep];

/** The frames and messages that a decoder accepts. */
export interface DecoderOptions {
  /**
   * The receiver's own role. A server accepts only masked frames, a client only unmasked ones.
   * Default "server": what strangers send is read by servers.
   */
  role?: Role;
  /**
   * Length of the longest message in bytes, all fragments together. Default 16,777,216: enough for
   * almost every message, and few enough for memory.
   */
  maxMessageSize?: number;
  /**
   * How many frames, including empty ones, a message may have at most. Default 1,048,576: a message
   * of the default size in fragments of 16 bytes.
   */
  maxFragments?: number;
}

/** Payloads of up to this many bytes are unmasked through the chunk's word view, if it exists. */
const maxWordMaskLength = 383;
/**
 * Create a word view for a masked payload only if at least this many bytes follow in the chunk. For
 * an unmasked payload any following byte is enough: the view finds ASCII, and without it the UTF-8
 * decoder must be called, which costs more.
 */
const minFollowingForWords = 128;

/**
 * Decodes received bytes into frames (RFC 6455 section 5). The caller pulls one step at a time and
 * may stop after any frame. Payloads are positions in the pushed chunk, so nothing is allocated for
 * each frame.
 *
 * @example
 * const decoder = new FrameDecoder({ role: "client" });
 * decoder.push(chunk);
 * for (;;) switch (decoder.next()) {
 *   case DecodeStep.Payload:
 *   case DecodeStep.FrameEnd:
 *     decoder.unmask();
 *     use(decoder.header, decoder.buffer, decoder.start, decoder.end);
 *     break;
 *   case DecodeStep.Failed: return fail(decoder.error);
 *   case DecodeStep.NeedData: return;
 * }
 */
export class FrameDecoder {
  /** The current frame's header. The next frame overwrites it. */
  readonly header: FrameHeader = new FrameHeader();
  /**
   * After `Payload` and `FrameEnd`, the payload is `buffer[start]` to `buffer[end - 1]`, masked as
   * received.
   */
  buffer: Uint8Array = noBytes;
  start = 0;
  end = 0;
  /** How many bytes of the frame's payload precede `start`. */
  phase = 0;
  /** Whether an extension that uses RSV1 is in use. May be changed between messages. */
  rsv1Negotiated = false;
  /** The fault, after `Failed`. */
  error: ProtocolErrorCode | undefined = undefined;
  /** Whether a fragmented message is in progress. */
  inMessage = false;
  /** How many payload bytes of the current frame are still to be returned; -1 between frames. */
  remaining = -1;

  private readonly role: Role;
  private readonly maxMessageSize: number;
  private readonly maxFragments: number;
  /** The MASK bit that every received frame must have: 0x80 on a server, 0 on a client. */
  private readonly maskBit: number;
  private cursor = 0;
  /** The word view of `buffer`, created when it is first needed. */
  private words: WordView | undefined = undefined;
  private messageLength = 0;
  private fragments = 0;
  /** The start of a header that is cut by the end of a chunk. */
  private partialHeader: Uint8Array | undefined = undefined;
  private partialHeaderLength = 0;

  /** @param options - Not retained, not modified. Default: those of a server. */
  constructor({
    role = "server",
    maxMessageSize = 16_777_216,
    maxFragments = 1_048_576,
  }: DecoderOptions = {}) {
    this.role = role;
    this.maxMessageSize = maxMessageSize;
    this.maxFragments = maxFragments;
    this.maskBit = role === "server" ? 0x80 : 0;
  }

  /** How many pushed bytes `next` has not read; negative if the chunk's memory was transferred. */
  get unread(): number {
    return this.buffer.length - this.cursor;
  }

  /** Whether the decoder holds no state: the next byte starts a frame and a message. */
  get isIdle(): boolean {
    const betweenFrames = this.remaining < 0 && this.partialHeaderLength === 0 && this.unread === 0;
    return betweenFrames && !this.inMessage && this.error === undefined;
  }

  /**
   * Gives the decoder bytes.
   *
   * @param chunk - Borrowed, and modified by `unmask`, until `next` returns `NeedData` or `Failed`,
   *   or until `retain`. Copied if earlier bytes are unread.
   */
  push(chunk: Uint8Array): void {
    // If the last chunk's memory was transferred, its unread bytes are lost: `next` then fails.
    if (this.error !== undefined || this.unread < 0) return;
    this.buffer = this.unread === 0 ? chunk : joinBytes(this.buffer.subarray(this.cursor), chunk);
    this.cursor = 0;
  }

  /** Copies the unread bytes, so that the owner may reuse the pushed chunk. */
  retain(): void {
    if (this.unread === 0) return this.discard();
    if (this.unread < 0) return;
    this.buffer = copyBytes(this.buffer, this.cursor, this.buffer.length);
    this.cursor = 0;
  }

  /** Moves on to the next part of a payload or the next frame. Never throws. */
  next(): DecodeStep {
    if (this.remaining < 0 && this.partialHeaderLength === 0) {
      if (this.cursor === this.buffer.length) return this.needData();
      if (!this.inMessage && this.readShortFrame()) return DecodeStep.FrameEnd;
    }
    if (this.remaining < 0) {
      const complete = this.partialHeaderLength > 0 ? this.continueHeader() : this.readHeader();
      if (!complete) return this.error === undefined ? DecodeStep.NeedData : DecodeStep.Failed;
      this.remaining = this.header.payloadLength;
    }
    const { header, remaining } = this;
    const start = this.cursor;
    const available = this.buffer.length - start;
    const taken = Math.min(available, remaining);
    if (taken <= 0 && remaining > 0) return this.needData();

    this.start = start;
    this.end = this.cursor = start + taken;
    this.phase = header.payloadLength - remaining;
    if (taken < remaining) {
      this.remaining = remaining - taken;
      return DecodeStep.Payload;
    }
    this.remaining = -1;
    return DecodeStep.FrameEnd;
  }

  /**
   * Reads the most common frame: a complete text or binary message of at most 65,535 bytes that lies
   * within the chunk. It needs none of the checks of other frames.
   *
   * @returns false, without any change, if the next frame is another one.
   */
  private readShortFrame(): boolean {
    const { buffer, cursor, maskBit } = this;
    let start = cursor + (maskBit === 0 ? 2 : 6);
    if (start > buffer.length) return false;
    const byte0 = buffer[cursor];
    // A wrong MASK bit leaves bit 7 set, so `length` exceeds 126 and the slow path rejects it.
    let length = buffer[cursor + 1] ^ maskBit;
    if (length > 125) {
      if (length > 126) return false;
      length = (buffer[cursor + 2] << 8) | buffer[cursor + 3];
      if (length < 126) return false; // not the shortest form, or the header is cut
      start += 2;
    }
    const end = start + length;
    const isWhole = length <= this.maxMessageSize && end <= buffer.length;
    if (!isWhole || (byte0 !== 0x81 && byte0 !== 0x82)) return false;
    const maskingKey = maskBit === 0 ? 0 : readInt32(buffer, start - 4);
    this.header.setShort(byte0 & 0x0f, length, maskBit !== 0, maskingKey);
    this.start = start;
    this.end = this.cursor = end;
    this.phase = 0;
    return true;
  }

  /**
   * Unmasks the current payload in place. Call it at most once after each `Payload` or `FrameEnd`.
   * It is left to the caller, because a payload that is copied can be unmasked while it is copied;
   * see `maskInto`.
   *
   * @returns true if the payload is known to be ASCII.
   */
  unmask(): boolean {
    const { header, buffer, start, end } = this;
    if (end - start > maxWordMaskLength || !this.hasWords(end))
      return header.masked && applyMask(buffer, start, end, header.maskingKey, this.phase);
    const words = this.words as WordView;
    if (!header.masked) return isAscii(words, start, end);
    return maskWords(words, start, end, header.maskingKey, this.phase);
  }

  /** Creates the word view of the chunk, unless too few bytes follow. Returns whether it exists. */
  private hasWords(end: number): boolean {
    const { buffer } = this;
    if (this.words?.bytes === buffer) return true;
    const following = buffer.length - end;
    if (following < (this.header.masked ? minFollowingForWords : 1)) return false;
    this.words = new WordView(buffer);
    return true;
  }

  /** Drops unread bytes and the chunk: an idle connection must not keep its memory alive. */
  discard(): void {
    this.buffer = noBytes;
    this.words = undefined;
    this.cursor = 0;
  }

  private needData(): DecodeStep {
    if (this.error !== undefined || !this.checkChunk()) return DecodeStep.Failed;
    this.discard();
    return DecodeStep.NeedData;
  }

  /** Fails if the chunk's memory was transferred, which the holder of a borrowed message can do. */
  private checkChunk(): boolean {
    return this.failIf(this.unread < 0 ? "WS_ERR_DETACHED_BYTES" : undefined);
  }

  private readHeader(): boolean {
    const { buffer, cursor } = this;
    if (buffer.length - cursor < 2) return this.keepPartialHeader();
    if (!this.checkStart(buffer[cursor], buffer[cursor + 1])) return false;
    const length = readFrameHeader(buffer, cursor, buffer.length, this.header);
    if (length === 0) return this.keepPartialHeader();
    this.cursor = cursor + length;
    return this.acceptHeader();
  }

  /** Keeps the start of a cut header until the next chunk. */
  private keepPartialHeader(): false {
    if (!this.checkChunk()) return false;
    this.partialHeader ??= new Uint8Array(maxFrameHeaderLength);
    while (this.cursor < this.buffer.length)
      this.partialHeader[this.partialHeaderLength++] = this.buffer[this.cursor++];
    this.discard();
    return false;
  }

  /** Completes a cut header byte by byte. */
  private continueHeader(): boolean {
    const stash = this.partialHeader as Uint8Array;
    while (this.cursor < this.buffer.length) {
      stash[this.partialHeaderLength++] = this.buffer[this.cursor++];
      if (this.partialHeaderLength === 2 && !this.checkStart(stash[0], stash[1])) return false;
      if (readFrameHeader(stash, 0, this.partialHeaderLength, this.header) > 0) {
        this.partialHeaderLength = 0;
        return this.acceptHeader();
      }
    }
    this.discard();
    return false;
  }

  private checkStart(byte0: number, byte1: number): boolean {
    const { role, inMessage, rsv1Negotiated } = this;
    return this.failIf(checkFrameStart(byte0, byte1, role, inMessage, rsv1Negotiated));
  }

  private acceptHeader(): boolean {
    const { header } = this;
    const allowed = this.maxMessageSize - this.messageLength;
    if (!this.failIf(checkPayloadLength(header, allowed))) return false;
    if (isControl(header.opcode)) return true;
    if (++this.fragments > this.maxFragments) return this.failIf("WS_ERR_TOO_MANY_BUFFERED_PARTS");
    this.inMessage = !header.fin;
    this.messageLength = header.fin ? 0 : this.messageLength + header.payloadLength;
    if (header.fin) this.fragments = 0;
    return true;
  }

  private failIf(fault: ProtocolErrorCode | undefined): boolean {
    if (fault === undefined) return true;
    this.error = fault;
    this.partialHeaderLength = 0;
    this.discard();
    return false;
  }
}

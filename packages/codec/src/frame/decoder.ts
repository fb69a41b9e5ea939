import { copyBytes, joinBytes, noBytes } from "../bytes/bytes.ts";
import type { ProtocolErrorCode } from "../errors.ts";
import { applyMask, isAscii, maskWords, WordView } from "../mask/mask.ts";
import { isControl } from "../opcode.ts";
import { FrameHeader, maxFrameHeaderLength, readFrameHeader, readInt32 } from "./header.ts";
import { checkFrameStart, checkPayloadLength, type Role } from "./rules.ts";

/** What `FrameDecoder.next` came to. */
export const DecodeStep = {
  /** All bytes are used up: push more. */
  NeedData: 0,
  /** Some of a frame's payload; more of it will follow. */
  Payload: 1,
  /** The last of a frame's payload (often all of it, possibly nothing): the frame is complete. */
  FrameEnd: 2,
  /** The peer broke a rule: see `error`. Final. */
  Failed: 3,
} as const;
export type DecodeStep = (typeof DecodeStep)[keyof typeof DecodeStep];

/** What a decoder accepts. */
export interface DecoderOptions {
  /** The receiver's own role: a server takes only masked frames, a client only unmasked ones. */
  role: Role;
  /** Longest message in bytes, all fragments together. */
  maxMessageSize: number;
  /** Most frames in one message, empty ones included. */
  maxFragments: number;
  /** Whether an extension that uses RSV1 is in use. */
  rsv1Negotiated: boolean;
}

/** Payloads of up to this many bytes are unmasked by a view of all of the chunk's words, once there is one. */
const maxWordMaskLength = 383;
/**
 * So many bytes more of a chunk, and a view of its words is worth what it costs. Unmasking finds ASCII
 * without one; where there is nothing to unmask, the decoder of UTF-8 that has to be called then costs more.
 */
const minFollowingForWords = 128;

/**
 * Turns received bytes into frames (RFC 6455 section 5): a cursor that is pulled. It can stop after
 * any frame, and payloads come as positions in the pushed chunk, so that nothing is allocated per frame.
 *
 * @example
 * decoder.push(chunk);
 * for (;;) switch (decoder.next()) {
 *   case Step.Payload:
 *   case Step.FrameEnd:
 *     decoder.unmask();
 *     use(decoder.header, decoder.buffer, decoder.start, decoder.end);
 *     break;
 *   case Step.Failed: return fail(decoder.error);
 *   case Step.NeedData: return;
 * }
 */
export class FrameDecoder {
  /** The current frame's header. Overwritten by the next frame's. */
  readonly header = new FrameHeader();
  /** After `Payload` and `FrameEnd`: the payload is `buffer[start]` to `buffer[end - 1]`, masked as it came. */
  buffer: Uint8Array = noBytes;
  start = 0;
  end = 0;
  /** How many bytes of the frame's payload came before `start`. */
  phase = 0;
  /** After `Failed`: what was wrong. */
  error: ProtocolErrorCode | undefined = undefined;
  /** Whether a fragmented message is in progress. */
  inMessage = false;
  /** Payload bytes of the current frame that have not come out yet; -1 between frames. */
  remaining = -1;

  private readonly options: DecoderOptions;
  /** The MASK bit that each frame has to have. */
  private readonly maskBit: number;
  private readonly maxShortLength: number;
  private cursor = 0;
  /** The words of `buffer`, once they were needed. */
  private words: WordView | undefined = undefined;
  private messageLength = 0;
  private fragments = 0;
  /** A header that was cut by the end of a chunk. */
  private partialHeader: Uint8Array | undefined = undefined;
  private partialHeaderLength = 0;

  /** @param options - Retained, not modified; may be shared by all decoders of a process. */
  constructor(options: DecoderOptions) {
    this.options = options;
    this.maskBit = options.role === "server" ? 0x80 : 0;
    this.maxShortLength = Math.min(125, options.maxMessageSize);
  }

  /** Bytes pushed that `next` has not looked at. */
  get unread(): number {
    return this.buffer.length - this.cursor;
  }

  /** Whether nothing is known but what the options say: the next byte is a frame's first, and a message's. */
  get isIdle(): boolean {
    const betweenFrames = this.remaining < 0 && this.partialHeaderLength === 0 && this.unread === 0;
    return betweenFrames && !this.inMessage && this.error === undefined;
  }

  /**
   * Gives the decoder bytes.
   *
   * @param chunk - Borrowed, and modified by `unmask`, until `next` returns
   *   `NeedData` or `Failed`, or until `retain` is called. Copied when earlier bytes are unread.
   */
  push(chunk: Uint8Array): void {
    // Where the last chunk was transferred away, what follows has no beginning: `next` says so.
    if (this.error !== undefined || this.unread < 0) return;
    this.buffer = this.unread === 0 ? chunk : joinBytes(this.buffer.subarray(this.cursor), chunk);
    this.cursor = 0;
  }

  /** Copies the unread bytes, so that the pushed chunk can go back to its owner. */
  retain(): void {
    if (this.unread === 0) return this.discard();
    if (this.unread < 0) return;
    this.buffer = copyBytes(this.buffer, this.cursor, this.buffer.length);
    this.cursor = 0;
  }

  /** Moves on to the next part of a payload or the next frame. Never throws. */
  next(): DecodeStep {
    if (
      this.remaining < 0 &&
      !this.inMessage &&
      this.partialHeaderLength === 0 &&
      this.readShortFrame()
    )
      return DecodeStep.FrameEnd;
    if (this.error !== undefined) return DecodeStep.Failed;
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
   * Takes a frame of the kind that most are: a whole text or binary message of at most 125 bytes, all of which is
   * there. It needs none of the checks of other frames.
   *
   * @returns false when the next frame is not one of these: nothing has changed then.
   */
  private readShortFrame(): boolean {
    const { buffer, cursor, maskBit } = this;
    const headerLength = maskBit === 0 ? 2 : 6;
    const start = cursor + headerLength;
    if (start > buffer.length) return false;
    const byte0 = buffer[cursor];
    // More than 125 also when the MASK bit is wrong.
    const length = buffer[cursor + 1] ^ maskBit;
    const end = start + length;
    const isWhole = length <= this.maxShortLength && end <= buffer.length;
    if (!isWhole || (byte0 !== 0x81 && byte0 !== 0x82)) return false;
    const maskingKey = maskBit === 0 ? 0 : readInt32(buffer, cursor + 2);
    this.header.setShort(byte0 & 0x0f, length, maskBit !== 0, maskingKey);
    this.start = start;
    this.end = this.cursor = end;
    this.phase = 0;
    return true;
  }

  /**
   * Unmasks in place what `Payload` or `FrameEnd` came to; once for each. Left to the caller, because
   * what is copied anyway can be unmasked on the way; see `maskInto`.
   *
   * @returns true when it is known to be ASCII.
   */
  unmask(): boolean {
    const { header, buffer, start, end } = this;
    if (end - start > maxWordMaskLength || !this.hasWords(end))
      return header.masked && applyMask(buffer, start, end, header.maskingKey, this.phase);
    const words = this.words as WordView;
    if (!header.masked) return isAscii(words, start, end);
    return maskWords(words, start, end, header.maskingKey, this.phase);
  }

  /** Makes a view of the chunk's words, unless hardly anything follows. */
  private hasWords(end: number): boolean {
    const { buffer } = this;
    if (this.words?.bytes === buffer) return true;
    const following = buffer.length - end;
    if (following < (this.header.masked ? minFollowingForWords : 1)) return false;
    this.words = new WordView(buffer);
    return true;
  }

  /** Drops unread bytes and lets go of the chunk: an idle connection must not hold its memory. */
  discard(): void {
    this.buffer = noBytes;
    this.words = undefined;
    this.cursor = 0;
  }

  private needData(): DecodeStep {
    if (!this.checkChunk()) return DecodeStep.Failed;
    this.discard();
    return DecodeStep.NeedData;
  }

  /** A borrowed message is a view of the chunk, and who has it can transfer the memory of all of it away. */
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

  /** Keeps a cut header until the next chunk. */
  private keepPartialHeader(): false {
    if (!this.checkChunk()) return false;
    if (this.unread > 0) this.partialHeader ??= new Uint8Array(maxFrameHeaderLength);
    while (this.cursor < this.buffer.length)
      (this.partialHeader as Uint8Array)[this.partialHeaderLength++] = this.buffer[this.cursor++];
    this.discard();
    return false;
  }

  /** Completes a cut header, byte by byte. */
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
    // What most frames start with, a whole text or binary message, needs no closer look.
    const isData = byte0 === 0x81 || byte0 === 0x82;
    if (isData && (byte1 & 0x80) === this.maskBit && !this.inMessage) return true;
    const { role, rsv1Negotiated } = this.options;
    return this.failIf(checkFrameStart(byte0, byte1, role, this.inMessage, rsv1Negotiated));
  }

  private acceptHeader(): boolean {
    const { header, options } = this;
    if (header.lengthBits === 7 && header.fin && !this.inMessage) {
      // A whole short message changes nothing here, and nor does a control frame between messages.
      if (header.payloadLength <= options.maxMessageSize) return true;
    }
    const allowed = options.maxMessageSize - this.messageLength;
    if (!this.failIf(checkPayloadLength(header, allowed))) return false;
    if (isControl(header.opcode)) return true;
    if (++this.fragments > options.maxFragments)
      return this.failIf("WS_ERR_TOO_MANY_BUFFERED_PARTS");
    this.inMessage = !header.fin;
    this.messageLength = header.fin ? 0 : this.messageLength + header.payloadLength;
    if (header.fin) this.fragments = 0;
    return true;
  }

  private failIf(fault: ProtocolErrorCode | undefined): boolean {
    if (fault === undefined) return true;
    this.error = fault;
    this.discard();
    return false;
  }
}

import { type Allocator, MessageBuffer } from "../bytes/message-buffer.ts";
import { standardTextCoding, type TextCoding, Utf8Validator } from "../utf8.ts";

/**
 * Length of V8's longest string in UTF-16 code units. A text has at most as many of them as it has
 * bytes in UTF-8.
 */
export const maxTextLength = 536_870_888;
/**
 * Pieces of at least this many bytes are decoded at once: concatenating long strings copies
 * nothing.
 */
const minDecodedLength = 8_192;
/** Pieces of at least this many bytes are validated by native code, shorter ones by a loop. */
const minNativeLength = 64;

/**
 * Gathers a text message that is spread over several chunks or frames (RFC 6455 sections 5.4 and
 * 8.1). Every byte is validated when it arrives. Long pieces are decoded at once; short ones are
 * gathered and decoded together, so that memory depends on the received bytes, not on the number of
 * pieces.
 */
export class TextBuffer {
  private text = "";
  /** How many bytes were added. */
  private length = 0;
  private readonly coding: TextCoding;
  private readonly maxLength: number;
  /** Validates characters that are cut by the end of a piece. */
  private readonly utf8 = new Utf8Validator();
  /** How many bytes are reserved in `memory` for `text`. */
  private reserved = 0;
  /** Whether `memory` refused to reserve more bytes. */
  isRefused = false;
  private readonly memory: Allocator | undefined;
  /** Validated bytes that follow `text` and are not decoded yet. */
  private readonly gathered: MessageBuffer;
  /** Whether the gathered bytes are known to be ASCII. */
  private isAscii = true;

  /**
   * @param coding - Retained.
   * @param memory - Provides and bounds the memory. Retained.
   * @param maxLength - How many bytes the text may have, at most `maxTextLength`.
   */
  constructor(coding = standardTextCoding, memory?: Allocator, maxLength = maxTextLength) {
    this.coding = coding;
    this.memory = memory;
    this.gathered = new MessageBuffer(memory, true);
    this.maxLength = maxLength;
  }

  /**
   * Adds bytes.
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @param isAscii - Whether they are known to be ASCII.
   * @param expected - See `MessageBuffer.append`.
   * @returns false as soon as the bytes cannot be the start of valid UTF-8, are too many (see
   *   `isTooLong`), or their memory is refused (see `isRefused`).
   */
  append(bytes: Uint8Array, start: number, end: number, isAscii = false, expected = 0): boolean {
    this.length += end - start;
    if (this.isTooLong) return false;
    if (isAscii && this.utf8.complete) return this.appendAscii(bytes, start, end, expected);
    if (end - start < minNativeLength) {
      return this.utf8.push(bytes, start, end) && this.gather(bytes, start, end, expected);
    }
    const border = start + this.utf8.missing;
    const tail = lastBorder(bytes, end);
    if (!this.utf8.push(bytes, start, border)) return false;
    if (tail - border < minDecodedLength) {
      const isValid = this.coding.isUtf8(bytes, border, tail) && this.utf8.push(bytes, tail, end);
      return isValid && this.gather(bytes, start, end, expected);
    }
    if (!this.gather(bytes, start, border, 0)) return false;
    const text = this.coding.decodeUtf8(bytes, border, tail);
    if (text === undefined || !this.join(text, 2)) return false;
    return this.utf8.push(bytes, tail, end) && this.gather(bytes, tail, end, 0);
  }

  /** Whether more than `maxLength` bytes were added. */
  get isTooLong(): boolean {
    return this.length > this.maxLength;
  }

  /** Returns the text and empties the buffer. Returns undefined if it ends within a character. */
  take(): string | undefined {
    const text = this.utf8.complete ? this.text + this.takeGathered() : undefined;
    this.discard();
    return text;
  }

  /**
   * Returns the text so far, up to its last complete character, and keeps the rest. What was taken
   * no longer counts towards the maximum length.
   */
  takeDecoded(): string {
    const { gathered, utf8 } = this;
    const { bytes, length } = gathered;
    const end = utf8.complete ? length : lastLead(bytes, length);
    const rest = bytes.slice(end, length);
    gathered.length = end;
    const text = this.text + this.takeGathered();
    this.discard();
    // No more than the memory that was just released.
    if (rest.length > 0) this.gather(rest, 0, rest.length, 0);
    this.length = rest.length;
    return text;
  }

  /** Drops the text and frees its memory. */
  drop(): void {
    this.gathered.drop();
    this.discard();
  }

  private discard(): void {
    this.gathered.discard();
    this.memory?.release?.(this.reserved);
    this.reserved = 0;
    this.text = "";
  }

  private appendAscii(bytes: Uint8Array, start: number, end: number, expected: number): boolean {
    if (end - start < minDecodedLength) return this.keep(bytes, start, end, expected);
    return this.join(this.coding.decodeAscii(bytes, start, end), 1);
  }

  private gather(bytes: Uint8Array, start: number, end: number, expected: number): boolean {
    this.isAscii = false;
    return this.keep(bytes, start, end, expected);
  }

  private keep(bytes: Uint8Array, start: number, end: number, expected: number): boolean {
    if (!this.gathered.append(bytes, start, end, expected)) this.isRefused = true;
    return !this.isRefused;
  }

  /** Adds the gathered bytes and then `piece` to `text`. */
  private join(piece: string, bytesPerUnit: number): boolean {
    // Decoding the gathered bytes releases about as much memory as is reserved here for them.
    const gathered = this.takeGathered();
    const bytes = (gathered.length + piece.length) * bytesPerUnit;
    if (this.memory?.reserve?.(bytes) === false) {
      this.isRefused = true;
      return false;
    }
    this.reserved += bytes;
    this.text += gathered + piece;
    return true;
  }

  private takeGathered(): string {
    const { gathered, coding } = this;
    const { bytes, length } = gathered;
    if (length === 0) return "";
    const text = this.isAscii
      ? coding.decodeAscii(bytes, 0, length)
      : coding.decodeUtf8(bytes, 0, length);
    gathered.discard();
    this.isAscii = true;
    return text as string;
  }
}

/** Returns the index of the last lead byte before `end`. */
function lastLead(bytes: Uint8Array, end: number): number {
  let index = end - 1;
  while (bytes[index] < 0xc0) index--;
  return index;
}

/** Returns the last index up to `end` that does not cut a character, judging by its lead byte. */
function lastBorder(bytes: Uint8Array, end: number): number {
  for (let index = end - 1; index >= end - 3; index--) {
    const byte = bytes[index];
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return index + (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) > end ? index : end;
  }
  return end;
}

import { standardTextCoding, type TextCoding, Utf8Validator } from "../utf8.ts";
import { type Allocator, MessageBuffer } from "./message-buffer.ts";

/** The longest string that V8 can make, in UTF-16 units. A text has at most as many of them as it has bytes. */
export const maxTextLength = 2 ** 29 - 24;
/** From this many bytes on, a piece is a string of its own; joining them copies nothing. */
const longPiece = 8_192;
/** From this many bytes on, it is worth a call into the runtime's native code to validate a piece. */
const nativePiece = 64;

/**
 * Gathers a text message that did not come whole in one chunk (RFC 6455 sections 5.4 and 8.1).
 * Each byte is validated when it comes. Long pieces become strings at once; short ones are gathered and
 * decoded together, so that what is held follows the bytes that came and not the number of pieces.
 */
export class TextBuffer {
  private text = "";
  /** Bytes that came. */
  private length = 0;
  private readonly coding: TextCoding;
  private readonly maxLength: number;
  /** What state the end of a piece left a character in. */
  private readonly utf8 = new Utf8Validator();
  /** What `text` takes up, as it was reserved of the memory, in bytes. */
  private reserved = 0;
  /** There was no memory for more. */
  isRefused = false;
  private readonly memory: Allocator | undefined;
  /** Validated bytes that follow `text`. */
  private readonly gathered: MessageBuffer;
  /** Whether those are known to be ASCII. */
  private isAscii = true;

  /**
   * @param coding - Retained.
   * @param memory - Where bytes are gathered. Retained.
   * @param maxLength - How many bytes are taken, at most what a string can hold.
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
   * @returns false as soon as the bytes cannot be the start of valid UTF-8, are too many (see `isTooLong`), or there
   *   is no memory for them (see `isRefused`).
   */
  append(bytes: Uint8Array, start: number, end: number, isAscii = false, expected = 0): boolean {
    this.length += end - start;
    if (this.isTooLong) return false;
    if (isAscii && this.utf8.complete) return this.appendAscii(bytes, start, end, expected);
    if (end - start < nativePiece) {
      return this.utf8.push(bytes, start, end) && this.gather(bytes, start, end, expected);
    }
    const border = start + this.utf8.missing;
    const tail = lastBorder(bytes, end);
    if (!this.utf8.push(bytes, start, border)) return false;
    if (tail - border < longPiece) {
      const isValid = this.coding.isUtf8(bytes, border, tail) && this.utf8.push(bytes, tail, end);
      return isValid && this.gather(bytes, start, end, expected);
    }
    if (!this.gather(bytes, start, border, 0)) return false;
    const text = this.coding.decodeUtf8(bytes, border, tail);
    if (text === undefined || !this.join(text, 2)) return false;
    return this.utf8.push(bytes, tail, end) && this.gather(bytes, tail, end, 0);
  }

  /** Whether more came than is taken. */
  get isTooLong(): boolean {
    return this.length > this.maxLength;
  }

  /** Takes the text; undefined when it ends within a character. */
  take(): string | undefined {
    const text = this.utf8.complete ? this.text + this.takeGathered() : undefined;
    this.discard();
    return text;
  }

  /** Forgets everything. */
  discard(): void {
    this.gathered.discard();
    this.memory?.release?.(this.reserved);
    this.reserved = 0;
    this.text = "";
  }

  private appendAscii(bytes: Uint8Array, start: number, end: number, expected: number): boolean {
    if (end - start < longPiece) return this.keep(bytes, start, end, expected);
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

  /** Adds a piece to `text`, behind what was gathered. */
  private join(piece: string, bytesPerUnit: number): boolean {
    // What was gathered gives back as much as it takes up now, or nearly so.
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

/** The last index up to `end` that does not cut a character, as far as its lead byte tells. */
function lastBorder(bytes: Uint8Array, end: number): number {
  for (let index = end - 1; index >= end - 3; index--) {
    const byte = bytes[index];
    if (byte < 0x80) return end;
    if (byte >= 0xc0) return index + (byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4) > end ? index : end;
  }
  return end;
}

import { MessageBuffer } from "./message.ts";
import { decodeUtf8, standardTextCoding, type TextCoding, Utf8Validator } from "./utf8.ts";

/** The longest string that V8 can make, in UTF-16 units. A text has at most as many of them as it has bytes. */
export const maxTextLength = 2 ** 29 - 24;
/** From this many bytes on, a piece is worth a call into the runtime's native decoder. */
const longPiece = 256;

/**
 * Gathers a text message that did not come whole in one chunk (RFC 6455 sections 5.4 and 8.1).
 * Each byte is validated once, when it comes: long pieces by decoding them, short ones by a loop,
 * after which they are gathered and decoded together, so that what is held follows the bytes that
 * came and not the number of pieces.
 */
export class TextBuffer {
  private text = "";
  /** Bytes that came. */
  private length = 0;
  private readonly decoding: TextCoding;
  private readonly utf8 = new Utf8Validator();
  /** Validated bytes that follow `text`. */
  private readonly short = new MessageBuffer();

  /** @param decoding - Retained. */
  constructor(decoding: TextCoding = standardTextCoding) {
    this.decoding = decoding;
  }

  /**
   * Adds bytes.
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns false as soon as the bytes cannot be the start of valid UTF-8, or are too many.
   */
  append(bytes: Uint8Array, start: number, end: number): boolean {
    this.length += end - start;
    if (this.isTooLong) return false;
    if (end - start < longPiece) return this.appendShort(bytes, start, end);
    const border = start + this.utf8.missing;
    const tail = lastBorder(bytes, end);
    if (!this.appendShort(bytes, start, border)) return false;
    const text = this.decoding.decodeUtf8(bytes, border, tail);
    if (text === undefined) return false;
    this.text += this.takeShort() + text;
    return this.appendShort(bytes, tail, end);
  }

  /** Whether more came than a string can be sure to hold. */
  get isTooLong(): boolean {
    return this.length > maxTextLength;
  }

  /** Takes the text; undefined when it ends within a character. */
  take(): string | undefined {
    return this.utf8.complete ? this.text + this.takeShort() : undefined;
  }

  private appendShort(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.utf8.push(bytes, start, end)) return false;
    return this.short.append(bytes, start, end, 0);
  }

  private takeShort(): string {
    return decodeUtf8(this.short.take()) as string;
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

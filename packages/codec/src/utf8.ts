import type { Bytes } from "./bytes/bytes.ts";

interface Decoder {
  decode(bytes: Uint8Array): string;
}
interface Encoder {
  encode(text: string): Bytes;
  encodeInto(text: string, bytes: Uint8Array): { written: number };
}

// Declared here because no runtime's types are in scope. Every runtime and browser has both.
const globals = globalThis as unknown as {
  TextDecoder: new (label: string, options: { fatal: boolean; ignoreBOM: boolean }) => Decoder;
  TextEncoder: new () => Encoder;
};

// `ignoreBOM` keeps a byte order mark in the text, because it is part of the message.
const decoder = /* @__PURE__ */ new globals.TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = /* @__PURE__ */ new globals.TextEncoder();

/** For up to this many bytes or UTF-16 code units, a loop is faster than native code. */
const shortLength = 16;

/**
 * Validates UTF-8 in pieces of any size (RFC 6455 section 8.1, RFC 3629). It fails at the first
 * invalid byte, including overlong forms, surrogates and values above U+10FFFF.
 *
 * @example
 * const validator = new Utf8Validator();
 * validator.push(new Uint8Array([0xe2, 0x82]), 0, 2); // true: valid so far
 * validator.complete; // false: one byte is missing
 */
export class Utf8Validator {
  /** How many continuation bytes the current character still needs. */
  missing = 0;
  /** Bounds of the next continuation byte: 80 and BF, narrower only after E0, ED, F0 and F4. */
  private lower = 0x80;
  private upper = 0xbf;

  /** Whether the bytes so far end with a complete character. */
  get complete(): boolean {
    return this.missing === 0;
  }

  /** Resets it to its initial state. */
  reset(): void {
    this.missing = 0;
    this.lower = 0x80;
    this.upper = 0xbf;
  }

  /**
   * Takes the next piece.
   *
   * @param bytes - Borrowed, not modified; read from `start` (inclusive) to `end` (exclusive).
   * @returns false as soon as the bytes cannot be the start of valid UTF-8. Only `reset` may be
   *   called afterwards.
   */
  push(bytes: Uint8Array, start: number, end: number): boolean {
    for (let i = start; i < end; i++) {
      const byte = bytes[i];
      if (this.missing > 0) {
        if (byte < this.lower || byte > this.upper) return false;
        this.lower = 0x80;
        this.upper = 0xbf;
        this.missing--;
      } else if (byte >= 0x80 && !this.lead(byte)) {
        return false;
      }
    }
    return true;
  }

  /** Takes a character's first byte by the table of RFC 3629 section 4. */
  private lead(byte: number): boolean {
    if (byte < 0xc2 || byte > 0xf4) return false;
    if (byte < 0xe0) {
      this.missing = 1;
    } else if (byte < 0xf0) {
      this.missing = 2;
      if (byte === 0xe0) this.lower = 0xa0;
      else if (byte === 0xed) this.upper = 0x9f;
    } else {
      this.missing = 3;
      if (byte === 0xf0) this.lower = 0x90;
      else if (byte === 0xf4) this.upper = 0x8f;
    }
    return true;
  }
}

/** Encodes and decodes text. The fastest functions differ between runtimes. */
export interface TextCoding {
  /**
   * @param bytes - Known to be ASCII from `start` to `end`. Borrowed, not modified.
   */
  decodeAscii(bytes: Uint8Array, start: number, end: number): string;
  /**
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns The text with its byte order mark, or undefined if the bytes are not valid UTF-8.
   */
  decodeUtf8(bytes: Uint8Array, start: number, end: number): string | undefined;
  /**
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns Whether they are valid UTF-8.
   */
  isUtf8(bytes: Uint8Array, start: number, end: number): boolean;
  /** See the function `utf8Length`. */
  utf8Length(text: string): number;
  /** See the function `writeUtf8`. */
  writeUtf8(text: string, bytes: Uint8Array, offset: number): number;
}

/** Text coding by loops, `TextEncoder` and `TextDecoder`, which every runtime and browser has. */
export const standardTextCoding: TextCoding = {
  decodeAscii(bytes, start, end) {
    return end - start <= shortLength
      ? decodeShortAscii(bytes, start, end)
      : decoder.decode(bytes.subarray(start, end));
  },
  decodeUtf8(bytes, start, end) {
    try {
      return decoder.decode(bytes.subarray(start, end));
    } catch {
      return undefined;
    }
  },
  isUtf8: (bytes, start, end) => decodeUtf8(bytes, start, end) !== undefined,
  utf8Length,
  writeUtf8,
};

/**
 * Decodes a few bytes of ASCII by a loop, which is faster than native code.
 *
 * @param bytes - Borrowed, not modified; read from `start` to `end`.
 */
export function decodeShortAscii(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

/**
 * Decodes UTF-8 and keeps a byte order mark.
 *
 * @param bytes - Borrowed, not modified; read from `start` (inclusive) to `end` (exclusive).
 * @returns The text, or undefined if the bytes are not valid UTF-8.
 */
export function decodeUtf8(bytes: Uint8Array, start = 0, end = bytes.length): string | undefined {
  return standardTextCoding.decodeUtf8(bytes, start, end);
}

/**
 * Returns the length of a text in UTF-8, in bytes. A lone surrogate counts as U+FFFD, as
 * `writeUtf8` writes it.
 */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    length += unit < 0x800 ? 1 : 2;
    if (unit >= 0xd800 && unit < 0xdc00) {
      const next = text.charCodeAt(i + 1);
      // A surrogate pair takes 4 bytes: 2 are counted for its code units, and 2 were just added.
      if (next >= 0xdc00 && next < 0xe000) i++;
    }
  }
  return length;
}

/**
 * Writes a text as UTF-8. A lone surrogate is written as U+FFFD.
 *
 * @param bytes - Modified from `offset`. The text must fit; three bytes for each UTF-16 code unit
 *   are always enough.
 * @returns How many bytes were written.
 */
export function writeUtf8(text: string, bytes: Uint8Array, offset: number): number {
  if (text.length <= shortLength && writeShortAscii(text, bytes, offset)) return text.length;
  return encoder.encodeInto(text, bytes.subarray(offset)).written;
}

/** Encodes a text as UTF-8 into new bytes. A lone surrogate becomes U+FFFD. */
export function encodeUtf8(text: string): Bytes {
  return encoder.encode(text);
}

/**
 * Writes a few characters of ASCII by a loop, which is faster than native code.
 *
 * @param bytes - Modified from `offset`.
 * @param maskingKey - Masks the bytes (RFC 6455 section 5.3); 0 for unmasked bytes.
 * @returns false if the text is not ASCII. The written bytes are then meaningless.
 */
export function writeShortAscii(
  text: string,
  bytes: Uint8Array,
  offset: number,
  maskingKey = 0,
): boolean {
  const { length } = text;
  let key = maskingKey;
  let seen = 0;
  let at = 0;
  for (const last = length - 3; at < last; at += 4) {
    const unit0 = text.charCodeAt(at);
    const unit1 = text.charCodeAt(at + 1);
    const unit2 = text.charCodeAt(at + 2);
    const unit3 = text.charCodeAt(at + 3);
    const to = offset + at;
    // A `Uint8Array` stores the lowest 8 bits.
    bytes[to] = unit0 ^ (key >>> 24);
    bytes[to + 1] = unit1 ^ (key >>> 16);
    bytes[to + 2] = unit2 ^ (key >>> 8);
    bytes[to + 3] = unit3 ^ key;
    seen |= unit0 | unit1 | unit2 | unit3;
  }
  for (; at < length; at++, key <<= 8) {
    const unit = text.charCodeAt(at);
    bytes[offset + at] = unit ^ (key >>> 24);
    seen |= unit;
  }
  return seen < 0x80;
}

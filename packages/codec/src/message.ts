import { decodeUtf8, Utf8Validator } from "./utf8.ts";

/** The least that a growing buffer starts with, in bytes. */
const minimumCapacity = 256;

/**
 * Gathers the payload of one message that did not come whole in one chunk (RFC 6455 section 5.4),
 * in one buffer that grows with the bytes that came, never with a length that was declared.
 * Text is validated as it comes.
 */
export class MessageBuffer {
  /** Bytes gathered. */
  length = 0;
  private bytes: Uint8Array | undefined = undefined;
  private readonly utf8 = new Utf8Validator();

  /**
   * Adds bytes.
   *
   * @param bytes - Borrowed, not modified; copied from `start` to `end`.
   * @param expected - How many more bytes of the frame were declared. Keeps the buffer from growing past the
   *   end; never makes it more than twice as large as what has come.
   */
  append(bytes: Uint8Array, start: number, end: number, expected: number): void {
    const added = end - start;
    if (added === 0) return;
    const length = this.length + added;
    if (this.bytes === undefined || this.bytes.length < length) {
      const doubled = Math.max(length * 2, minimumCapacity);
      const grown = new Uint8Array(expected > 0 ? Math.min(length + expected, doubled) : doubled);
      if (this.bytes !== undefined) grown.set(this.bytes.subarray(0, this.length));
      this.bytes = grown;
    }
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length = length;
  }

  /**
   * Validates and adds bytes of a text.
   *
   * @returns false when they are not valid UTF-8.
   */
  appendText(bytes: Uint8Array, start: number, end: number, expected: number): boolean {
    if (!this.utf8.push(bytes, start, end)) return false;
    this.append(bytes, start, end, expected);
    return true;
  }

  /** Takes the gathered text and starts anew; undefined when it ends within a character. */
  takeText(): string | undefined {
    const { bytes, length } = this;
    const complete = this.utf8.complete;
    this.reset();
    if (!complete) return undefined;
    return bytes === undefined ? "" : decodeUtf8(bytes, 0, length);
  }

  /** Takes the gathered bytes, which are the caller's to keep, and starts anew. */
  takeBinary(): Uint8Array {
    const { bytes, length } = this;
    this.reset();
    if (bytes === undefined) return new Uint8Array(0);
    return bytes.length === length ? bytes : bytes.slice(0, length);
  }

  /** Lets go of everything. */
  reset(): void {
    this.bytes = undefined;
    this.length = 0;
    this.utf8.reset();
  }
}

/**
 * Copies received bytes for a user to keep: never a view, which would pin the whole chunk.
 *
 * @param bytes - Borrowed, not modified; read from `start` to `end`.
 * @returns A `Uint8Array` with memory of its own, also when `bytes` is a Node `Buffer`.
 */
export function copyBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  const copy = new Uint8Array(length);
  if (length < 64) for (let i = 0; i < length; i++) copy[i] = bytes[start + i];
  else copy.set(bytes.subarray(start, end));
  return copy;
}

/**
 * Joins two pieces.
 *
 * @param first - Borrowed, not modified.
 * @param second - Borrowed, not modified.
 * @returns New bytes.
 */
export function joinBytes(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

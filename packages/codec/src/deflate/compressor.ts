/** Compresses messages with one LZ77 window (RFC 7692 section 7.2.1, RFC 1951). */
export interface Deflator {
  /**
   * Compresses a message: all of it has come out when the call returns.
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns Without the 00 00 ff ff that it would end with. Borrowed: the next call of any deflator overwrites it.
   */
  deflate(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /**
   * Compresses a part of a message that is not its last: `deflate` takes that.
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns What has come out so far. Borrowed: the next call of any deflator overwrites it.
   */
  deflatePart(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /** Forgets the window. */
  reset(): void;
  /** Frees its memory at once; nothing but `close` may be called after. */
  close(): void;
}

/**
 * Decompresses messages with one LZ77 window (RFC 7692 section 7.2.2), in pieces, so that whoever
 * asks for them can stop at a limit.
 *
 * @example
 * inflator.push(payload, 0, payload.length, true);
 * do {
 *   const length = inflator.next();
 *   if (length < 0) throw new Error("not DEFLATE data");
 *   use(inflator.output, length);
 * } while (!inflator.done);
 */
export interface Inflator {
  /** Where `next` writes, at most 64 KiB long. The next call of any inflator overwrites it. */
  readonly output: Uint8Array;
  /** After `next`: whether all that was pushed has come out. */
  readonly done: boolean;
  /**
   * Gives it some of a message; when what was given before is done.
   *
   * @param bytes - Borrowed, not modified, until `done`; read from `start` to `end`.
   * @param isLast - Whether the message ends with them.
   */
  push(bytes: Uint8Array, start: number, end: number, isLast: boolean): void;
  /**
   * Decompresses the next piece.
   *
   * @returns How many bytes of `output` it takes, possibly 0; -1 when the data is not DEFLATE (RFC 1951), after which
   *   only `reset` and `close` may be called.
   */
  next(): number;
  /** Copies what was pushed and has not been decompressed, so that pushed bytes can go back to their owner. */
  retain(): void;
  /** Forgets the window, and whatever was pushed. */
  reset(): void;
  /** Frees its memory at once; nothing but `close` may be called after. */
  close(): void;
}

/** Makes compressors: what a runtime has to offer. */
export interface Compressors {
  /**
   * @param windowBits - Base-2 logarithm of the window in bytes, 9 to 15.
   * @param level - Effort, 1 to 9.
   * @param memLevel - Memory beside the window, 1 to 9.
   */
  openDeflator(windowBits: number, level: number, memLevel: number): Deflator;
  /** @param windowBits - Base-2 logarithm of the window in bytes, 8 to 15. */
  openInflator(windowBits: number): Inflator;
}

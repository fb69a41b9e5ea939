/**
 * The smallest window with which zlib compresses raw DEFLATE data: base-2 logarithm of bytes. RFC
 * 7692 section 7.1.2 allows 8.
 */
export const minWindowBits = 9;
/** The largest window, and that of a peer that names none. It decompresses all messages. */
export const maxWindowBits = 15;

/** Compresses messages with one LZ77 window (RFC 7692 section 7.2.1, RFC 1951). */
export interface Deflator {
  /**
   * Compresses a message, or its last part, and flushes all of it.
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns The compressed message without its final 00 00 ff ff. Borrowed: the next call of any
   *   deflator overwrites it.
   */
  deflate(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /**
   * Compresses a part of a message other than the last, for which `deflate` is called.
   *
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @returns The compressed bytes so far. Borrowed: the next call of any deflator overwrites them.
   */
  deflatePart(bytes: Uint8Array, start: number, end: number): Uint8Array;
  /** Clears the window. */
  reset(): void;
  /** Frees its memory at once. Only `close` may be called afterwards. */
  close(): void;
}

/**
 * Decompresses messages with one LZ77 window (RFC 7692 section 7.2.2), in pieces, so that the
 * caller can stop at a limit.
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
  /** The bytes that `next` wrote, at most 64 KiB. The next call of any inflator overwrites them. */
  readonly output: Uint8Array;
  /** After `next`: whether all pushed bytes are decompressed. */
  readonly done: boolean;
  /**
   * Work of the last `next` beside its output, as the number of bytes of output that take as long.
   * Default 0.
   */
  readonly extraWork?: number;
  /**
   * Takes a part of a message. Call it only if `done` is true for the previous part.
   *
   * @param bytes - Borrowed until `done`, not modified; read from `start` to `end`.
   * @param isLast - Whether this is the last part of the message.
   */
  push(bytes: Uint8Array, start: number, end: number, isLast: boolean): void;
  /**
   * Decompresses the next piece.
   *
   * @returns The length of the piece in `output`, possibly 0; or -1 if the data is not DEFLATE
   *   (RFC 1951). Only `reset` and `close` may be called after -1.
   */
  next(): number;
  /**
   * Copies the bytes that are not decompressed yet, so that their owner may reuse the pushed bytes.
   */
  retain(): void;
  /** Clears the window and drops the pushed bytes. */
  reset(): void;
  /** Frees its memory at once. Only `close` may be called afterwards. */
  close(): void;
}

/** Opens compressors. The runtime supplies it. */
export interface Compressors {
  /**
   * @param windowBits - Base-2 logarithm of the window in bytes, 9 to 15.
   * @param level - Effort, 1 to 9.
   * @param memLevel - How much memory it uses besides the window, 1 to 9.
   */
  openDeflator(windowBits: number, level: number, memLevel: number): Deflator;
  /** @param windowBits - Base-2 logarithm of the window in bytes, 8 to 15. */
  openInflator(windowBits: number): Inflator;
}

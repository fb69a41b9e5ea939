import { noBytes } from "../bytes/bytes.ts";
import { type Allocator, MessageBuffer } from "./message-buffer.ts";

/** Bytes in each piece of a long message. */
const pieceLength = 1_048_576;

/**
 * Gathers what comes out of a compressed binary message. A long one is gathered in pieces and joined at the end, some
 * of it in each turn of the event loop: to grow one array, or to copy it, would touch many megabytes of fresh
 * memory at once, which takes far longer than decompressing them.
 */
export class InflatedBytes {
  private readonly memory: Allocator;
  /** What follows `pieces`. */
  private readonly last: MessageBuffer;
  private pieces: Uint8Array[] = [];
  /** Bytes in `pieces`, which are reserved of the memory. */
  private length = 0;
  /** The message, while it is joined, and how many bytes and pieces are in it. */
  private joined: Uint8Array | undefined = undefined;
  private joinedLength = 0;
  private joinedPieces = 0;

  /** @param memory - Retained. */
  constructor(memory: Allocator) {
    this.memory = memory;
    this.last = new MessageBuffer(memory, true);
  }

  /**
   * Adds bytes.
   *
   * @param bytes - Borrowed, not modified; copied from index 0 to `length`.
   * @returns false when there is no memory for them.
   */
  append(bytes: Uint8Array, length: number): boolean {
    if (this.last.length + length > pieceLength) this.endPiece();
    return this.last.append(bytes, 0, length, 0);
  }

  /**
   * Joins what was gathered.
   *
   * @param maxLength - With so many bytes copied, or up to 1 MiB more, the rest is left to the next call.
   * @returns The message, which is the caller's to keep; undefined when there is more to do.
   */
  join(maxLength: number): Uint8Array | undefined {
    if (this.length === 0) return this.last.take();
    if (this.joined === undefined) {
      this.joined = this.memory.allocate(this.length + this.last.length);
      this.joined.set(this.last.bytes.subarray(0, this.last.length), this.length);
      this.last.discard();
    }
    const { joined, pieces } = this;
    const end = this.joinedLength + maxLength;
    while (this.joinedPieces < pieces.length) {
      if (this.joinedLength >= end) return undefined;
      const piece = pieces[this.joinedPieces];
      joined.set(piece, this.joinedLength);
      this.joinedLength += piece.length;
      pieces[this.joinedPieces++] = noBytes;
    }
    this.discard();
    return joined;
  }

  /** Forgets all bytes. */
  discard(): void {
    this.last.discard();
    this.memory.release?.(this.length);
    this.pieces = [];
    this.joined = undefined;
    this.length = this.joinedLength = this.joinedPieces = 0;
  }

  private endPiece(): void {
    const piece = this.last.take();
    // Never refused: at least as much was given back just now.
    this.memory.reserve?.(piece.length);
    this.pieces.push(piece);
    this.length += piece.length;
  }
}

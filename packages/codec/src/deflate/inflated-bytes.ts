import { type Bytes, freeBytes, noBytes } from "../bytes/bytes.ts";
import { type Allocator, MessageBuffer } from "../bytes/message-buffer.ts";

/** Length of each piece of a long message in bytes, at most. */
const pieceLength = 1_048_576;

/**
 * Gathers the decompressed bytes of a binary message. A long message is gathered in pieces, which
 * are joined at the end, some in each turn of the event loop. Growing or copying one array would
 * touch many megabytes of fresh memory at once, which takes far longer than decompressing them.
 */
export class InflatedBytes {
  private readonly memory: Allocator;
  /** The bytes that follow `pieces`. */
  private readonly last: MessageBuffer;
  private pieces: Bytes[] = [];
  /** How many bytes `pieces` have. As many are reserved in `memory`. */
  private length = 0;
  /** The message while it is joined, and how many bytes and pieces are copied into it. */
  private joined: Bytes | undefined = undefined;
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
   * @returns false if `memory` refuses to reserve them.
   */
  append(bytes: Uint8Array, length: number): boolean {
    if (this.last.length + length > pieceLength) this.endPiece();
    return this.last.append(bytes, 0, length, 0);
  }

  /**
   * Joins the gathered bytes.
   *
   * @param maxLength - After copying this many bytes, or up to 1 MiB more, the rest is left to the
   *   next call.
   * @returns The message, which the caller may keep; undefined if another call is needed.
   */
  join(maxLength: number): Bytes | undefined {
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

  /** Drops all bytes and frees their memory. */
  drop(): void {
    this.last.drop();
    for (const piece of this.pieces) freeBytes(piece);
    freeBytes(this.joined ?? noBytes);
    this.discard();
  }

  private discard(): void {
    this.last.discard();
    this.memory.release?.(this.length);
    this.pieces = [];
    this.joined = undefined;
    this.length = this.joinedLength = this.joinedPieces = 0;
  }

  private endPiece(): void {
    const piece = this.last.take();
    // Never refused, because `take` has just released at least as much.
    this.memory.reserve?.(piece.length);
    this.pieces.push(piece);
    this.length += piece.length;
  }
}

import { noBytes } from "../bytes/bytes.ts";
import {
  acquireBuffer,
  isShort,
  longerLength,
  outputBufferSize,
  releaseBuffer,
} from "./output-buffers.ts";

/** The `lengths` of a queue without pieces. Never modified. */
const noLengths: number[] = [];
/** Written pieces stay in the array until there are this many: removing them moves all others. */
const minCompactedPieces = 32;

/** Longer bytes are written in pieces of this length, so that progress shows if the peer reads. */
const maxPieceLength = 1_048_576;

/**
 * The bytes of one connection that wait to be sent, in order. Frames are encoded straight into a
 * buffer from a pool, so a burst of messages is one contiguous write.
 *
 * @example
 * const offset = output.reserve(7);
 * output.commit(encodeFrame(output.buffer, offset, 0x82, bytes, undefined));
 * const next = output.peek(); // the bytes to write next
 * if (next !== undefined) output.advance(next.length); // or as many as the socket took
 */
export class OutputQueue {
  /** How many bytes wait. */
  length = 0;
  /** The buffer to write reserved bytes to. Valid until the next call. */
  buffer: Uint8Array = noBytes;

  /** See `peekBuffer`. */
  peekStart = 0;
  peekEnd = 0;

  /**
   * Set when the `ArrayBuffer` of bytes queued by reference was transferred or resized. The
   * transport may have written some of them, so the stream is cut within a frame and nothing more
   * can be written.
   */
  isBroken = false;

  /** Finished pieces, to be sent before `buffer`. Those before `head` are written. */
  private pieces: Uint8Array[] | undefined = undefined;
  /** Length of each piece when it was queued. Transferring its memory sets `piece.length` to 0. */
  private lengths: number[] = noLengths;
  private head = 0;
  /** The last written piece, which the transport may refer to until `release`, and its length. */
  private inFlight: Uint8Array = noBytes;
  private inFlightLength = 0;
  /** The waiting bytes of `buffer` are those from `start` to `end`. */
  private start = 0;
  private end = 0;

  /**
   * Reserves space at the end of the queue. Write to `buffer`, then call `commit`.
   *
   * @param length - In bytes.
   * @returns The offset in `buffer` at which `length` bytes may be written.
   */
  reserve(length: number): number {
    if (this.buffer.length - this.end < length) this.replaceBuffer(length);
    return this.end;
  }

  /** Queues the reserved bytes of `buffer` up to the index `end`. */
  commit(end: number): void {
    this.length += end - this.end;
    this.end = end;
  }

  /**
   * Queues a copy of bytes.
   *
   * @param bytes - Copied.
   */
  appendCopy(bytes: Uint8Array): void {
    const offset = this.reserve(bytes.length);
    this.buffer.set(bytes, offset);
    this.commit(offset + bytes.length);
  }

  /**
   * Queues bytes without copying them.
   *
   * @param bytes - Retained, not modified, until written. The caller must not change them.
   */
  appendReference(bytes: Uint8Array): void {
    const { length } = bytes;
    if (length === 0) return;
    this.splitBuffer();
    if (length <= maxPieceLength) this.append(bytes);
    else
      for (let at = 0; at < length; at += maxPieceLength) {
        this.append(bytes.subarray(at, at + maxPieceLength));
      }
    this.length += length;
  }

  /**
   * Returns the next contiguous bytes without removing them.
   *
   * @returns A view of the queue's memory, or undefined if the queue is empty or broken. Valid
   *   until the next call of `reserve`; once `advance` was called for it, until `release`.
   */
  peek(): Uint8Array | undefined {
    const bytes = this.peekBuffer();
    return this.peekEnd - this.peekStart === bytes?.length
      ? bytes
      : bytes?.subarray(this.peekStart, this.peekEnd);
  }

  /**
   * As `peek`, for those who need no view: the next bytes are those of the result from `peekStart` to
   * `peekEnd`.
   */
  peekBuffer(): Uint8Array | undefined {
    this.checkInFlight();
    if (this.length === 0 || this.isBroken) return undefined;
    if (this.pieces === undefined) {
      this.peekStart = this.start;
      this.peekEnd = this.end;
      return this.buffer;
    }
    const piece = this.pieces[this.head];
    this.peekStart = 0;
    this.peekEnd = piece.length;
    if (this.peekEnd === this.lengths[this.head]) return piece;
    this.isBroken = true;
    return undefined;
  }

  /**
   * Whether the next bytes may be in memory that was queued by reference. Otherwise they are in a
   * buffer that nobody else knows.
   */
  get isReachable(): boolean {
    return this.pieces !== undefined;
  }

  /**
   * Drops written bytes.
   *
   * @param length - In bytes, at most the length of what `peek` returns.
   */
  advance(length: number): void {
    this.length -= length;
    if (this.pieces === undefined) {
      this.start += length;
      return;
    }
    const piece = this.pieces[this.head];
    const left = this.lengths[this.head] - length;
    if (left > 0) {
      this.pieces[this.head] = piece.subarray(length);
      this.lengths[this.head] = left;
      return;
    }
    this.inFlight = piece;
    this.inFlightLength = length;
    this.head++;
    this.dropPieces(this.pieces);
  }

  /**
   * Returns the buffer of an empty queue to the pool. The transport must no longer refer to any of
   * its bytes.
   */
  release(): void {
    this.checkInFlight();
    if (this.length > 0) return;
    this.inFlight = noBytes;
    this.inFlightLength = 0;
    if (this.buffer === noBytes) return;
    releaseBuffer(this.buffer);
    this.buffer = noBytes;
    this.start = this.end = 0;
  }

  /** Drops everything that waits. */
  clear(): void {
    this.length = 0;
    this.pieces = undefined;
    this.lengths = noLengths;
    this.head = 0;
    this.buffer = this.inFlight = noBytes;
    this.start = this.end = this.inFlightLength = 0;
    this.isBroken = false;
  }

  private checkInFlight(): void {
    if (this.inFlight.length !== this.inFlightLength) this.isBroken = true;
  }

  /** Drops references to written pieces, also if the queue is never empty. */
  private dropPieces(pieces: Uint8Array[]): void {
    const { lengths, head } = this;
    if (head === pieces.length) {
      this.pieces = undefined;
      this.lengths = noLengths;
      this.head = 0;
    } else if (head >= minCompactedPieces && head * 2 >= pieces.length) {
      pieces.splice(0, head);
      lengths.splice(0, head);
      this.head = 0;
    } else {
      pieces[head - 1] = noBytes;
    }
  }

  /** Turns the waiting bytes of `buffer` into a piece. The space after them stays in use. */
  private splitBuffer(): void {
    if (this.end > this.start) this.append(this.buffer.subarray(this.start, this.end));
    this.start = this.end;
  }

  private replaceBuffer(length: number): void {
    const { buffer, start, end } = this;
    const wanted = end + length;
    if (start === 0 && isShort(buffer) && wanted <= outputBufferSize) {
      // Nothing refers to the short buffer, as none of it was written: move to a longer one.
      this.buffer = acquireBuffer(Math.max(wanted, longerLength(buffer)));
      this.buffer.set(end === 0 ? noBytes : buffer.subarray(0, end));
      releaseBuffer(buffer);
      return;
    }
    this.splitBuffer();
    this.buffer = acquireBuffer(length);
    this.start = this.end = 0;
  }

  private append(bytes: Uint8Array): void {
    if (this.pieces === undefined) {
      // Most queues have one piece. To `push` to an empty array reserves 17 elements in V8.
      this.pieces = [bytes];
      this.lengths = [bytes.length];
      return;
    }
    this.pieces.push(bytes);
    this.lengths.push(bytes.length);
  }
}

/**
 * Empty queues without a buffer. Most bursts start after those of other connections were written, so
 * few queues serve many connections.
 */
const spare: OutputQueue[] = [];
const maxSpare = 64;

/** Takes a spare queue, or makes one. It is empty. */
export function acquireQueue(): OutputQueue {
  return spare.pop() ?? new OutputQueue();
}

/**
 * Returns a queue for other connections to use; see `OutputQueue.release`.
 *
 * @returns false if it is not empty or is broken: its connection keeps it.
 */
export function releaseQueue(queue: OutputQueue): boolean {
  if (queue.length > 0) return false;
  queue.release();
  if (queue.isBroken) return false;
  if (spare.length < maxSpare) spare.push(queue);
  return true;
}

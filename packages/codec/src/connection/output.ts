import { BufferPool } from "../bytes/buffer-pool.ts";
import { noBytes } from "../bytes/bytes.ts";

/** Of a queue without pieces. Never modified. */
const noLengths: number[] = [];
/** Fewer pieces than this that have gone out are not worth moving the others. */
const minCompactedPieces = 32;

/** Longer bytes are written in pieces of this many, so that it shows whether the peer goes on reading. */
const maxPieceLength = 1_048_576;

/** What one connection gathers in one piece at most, in bytes: a message of 64 KiB and some more. */
export const outputBufferSize = 69_632;

/**
 * What a connection starts with, in bytes: enough for most answers, and little to hold on to while
 * a transport takes its time (a large buffer for each of many connections would mostly be zeroing memory:
 * on Deno, whose writes are asynchronous, that was half of an echo's cost).
 */
const smallBufferSize = 4_096;

/** For a message of 1 MiB and some more, in bytes: fresh memory of that length costs more than masking it. */
const hugeBufferSize = 1_052_672;

/**
 * Free buffers, kept for all connections of the process: at most 1 MiB of small, 4.25 MiB of large and 4 MiB of huge ones. Where
 * writes are asynchronous, all connections with input in one turn of the event loop hold one at the same time, and
 * fresh ones cost more than all else that a burst needs.
 */
const small = new BufferPool(256);
const large = new BufferPool(64);
const huge = new BufferPool(4);

/** See `trimPools`. Returns how many buffers are left. */
export function trimOutputBuffers(): number {
  return small.trim() + large.trim() + huge.trim();
}

/**
 * The bytes of one connection that wait to go out, in order. Frames are encoded straight into a
 * large buffer that is borrowed from a pool while there is something to send, so that a burst of
 * messages is one contiguous write and an idle connection holds none.
 *
 * @example
 * const offset = output.reserve(7);
 * output.commit(encodeFrame(output.buffer, offset, true, false, Opcode.Binary, payload, undefined));
 * const bytes = output.peek(); // what to write next
 * output.advance(bytes.length); // as many of them as the socket took
 */
export class OutputQueue {
  /** Bytes waiting. */
  length = 0;
  /** Where reserved bytes are written. Valid until the next call. */
  buffer: Uint8Array = noBytes;

  /**
   * Set when bytes that were queued by reference, and perhaps handed to the transport, are no longer as long as they
   * were: their `ArrayBuffer` was transferred or resized. The stream is cut within a frame then, and nothing
   * more can be written.
   */
  isBroken = false;

  /** Finished pieces before `buffer`; those before `head` have gone out. */
  private pieces: Uint8Array[] | undefined = undefined;
  /** The length of each piece when it was queued: that of the array itself becomes 0 when it is transferred. */
  private lengths: number[] = noLengths;
  private head = 0;
  /** The piece that went out last, which the transport may refer to until `release`, and its length. */
  private inFlight: Uint8Array = noBytes;
  private inFlightLength = 0;
  /** Bytes of `buffer` that wait lie between these. */
  private start = 0;
  private end = 0;

  /**
   * Makes room at the end of the queue.
   *
   * @param length - In bytes.
   * @returns The offset in `buffer` from which `length` bytes may be written; then call `commit`.
   */
  reserve(length: number): number {
    if (this.buffer.length - this.end < length) this.replaceBuffer(length);
    return this.end;
  }

  /** Says up to which index of `buffer` the reserved bytes have been written. */
  commit(end: number): void {
    this.length += end - this.end;
    this.end = end;
  }

  /**
   * Queues bytes as they are.
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
   * @param bytes - Retained, not modified, until written; the caller must not change them.
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
   * Looks at the next contiguous bytes.
   *
   * @returns A view of the queue's own memory, valid until the next call of `reserve` unless `advance` has been
   *   told that it was taken; or undefined when the queue is empty or broken.
   */
  peek(): Uint8Array | undefined {
    this.checkInFlight();
    if (this.length === 0 || this.isBroken) return undefined;
    if (this.pieces === undefined) return this.buffer.subarray(this.start, this.end);
    const piece = this.pieces[this.head];
    if (piece.length === this.lengths[this.head]) return piece;
    this.isBroken = true;
    return undefined;
  }

  /**
   * Drops bytes that have gone out.
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
   * Gives the empty queue's buffer back to the pool. Only when the transport no longer refers to
   * any bytes of it.
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

  /** Lets go of pieces that have gone out, also of a queue that is never empty. */
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

  /** Turns what waits in `buffer` into a piece; the room after it stays in use. */
  private splitBuffer(): void {
    if (this.end > this.start) this.append(this.buffer.subarray(this.start, this.end));
    this.start = this.end;
  }

  private replaceBuffer(length: number): void {
    const { buffer, start, end } = this;
    if (start === 0 && buffer.length === smallBufferSize && end + length <= outputBufferSize) {
      // Nothing of it has been written, so nothing refers to it: the burst goes on in a larger one.
      this.buffer = acquireBuffer(outputBufferSize);
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
      this.pieces = [];
      this.lengths = [];
    }
    this.pieces.push(bytes);
    this.lengths.push(bytes.length);
  }
}

/** Takes a buffer of at least `length` bytes out of its pool, or makes one. */
function acquireBuffer(length: number): Uint8Array {
  if (length <= smallBufferSize) return small.acquire() ?? new Uint8Array(smallBufferSize);
  if (length <= outputBufferSize) return large.acquire() ?? new Uint8Array(outputBufferSize);
  if (length > hugeBufferSize) return new Uint8Array(length);
  // Never much more than is needed, where none is free.
  return huge.acquire() ?? new Uint8Array(length * 4 < hugeBufferSize ? length : hugeBufferSize);
}

/** Puts a buffer that nothing refers to back into the pool, if it is one that belongs there. */
function releaseBuffer(buffer: Uint8Array): void {
  if (buffer.length === smallBufferSize) small.release(buffer);
  else if (buffer.length === outputBufferSize) large.release(buffer);
  else if (buffer.length === hugeBufferSize) huge.release(buffer);
}

/** Most bursts begin after the last one is out, so one queue serves many connections. */
let spare: OutputQueue | undefined;

/** Lends a queue that is empty. */
export function acquireQueue(): OutputQueue {
  const queue = spare ?? new OutputQueue();
  spare = undefined;
  return queue;
}

/**
 * Takes back a queue; see `OutputQueue.release`.
 *
 * @returns false when it is not empty, or broken: it stays with its connection then.
 */
export function releaseQueue(queue: OutputQueue): boolean {
  if (queue.length > 0) return false;
  queue.release();
  if (queue.isBroken) return false;
  spare = queue;
  return true;
}

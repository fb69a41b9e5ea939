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
const freeSmall: Uint8Array[] = [];
const freeLarge: Uint8Array[] = [];
const freeHuge: Uint8Array[] = [];
const maxFreeSmall = 256;
const maxFreeLarge = 64;
const maxFreeHuge = 4;

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
  buffer: Uint8Array = none;

  /** Finished pieces before `buffer`; those before `head` are gone. */
  private pieces: Uint8Array[] | undefined = undefined;
  private head = 0;
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
    if (bytes.length === 0) return;
    this.splitBuffer();
    this.append(bytes);
    this.length += bytes.length;
  }

  /**
   * Looks at the next contiguous bytes.
   *
   * @returns A view of the queue's own memory, valid until the next call of `reserve` unless `advance` has been
   *   told that it was taken; or undefined when the queue is empty.
   */
  peek(): Uint8Array | undefined {
    if (this.length === 0) return undefined;
    if (this.pieces !== undefined) return this.pieces[this.head];
    return this.buffer.subarray(this.start, this.end);
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
    if (length < piece.length) {
      this.pieces[this.head] = piece.subarray(length);
    } else if (++this.head === this.pieces.length) {
      this.pieces = undefined;
      this.head = 0;
    } else {
      // Not kept until the whole queue is out.
      this.pieces[this.head - 1] = none;
    }
  }

  /**
   * Gives the empty queue's buffer back to the pool. Only when the transport no longer refers to
   * any bytes of it.
   */
  release(): void {
    if (this.length > 0 || this.buffer === none) return;
    giveBuffer(this.buffer);
    this.buffer = none;
    this.start = this.end = 0;
  }

  /** Drops everything that waits. */
  clear(): void {
    this.length = 0;
    this.pieces = undefined;
    this.head = 0;
    this.buffer = none;
    this.start = this.end = 0;
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
      this.buffer = takeBuffer(outputBufferSize);
      this.buffer.set(end === 0 ? none : buffer.subarray(0, end));
      giveBuffer(buffer);
      return;
    }
    this.splitBuffer();
    this.buffer = takeBuffer(length);
    this.start = this.end = 0;
  }

  private append(bytes: Uint8Array): void {
    this.pieces ??= [];
    this.pieces.push(bytes);
  }
}

const none = new Uint8Array(0);

/** Takes a buffer of at least `length` bytes out of the pool, or makes one. */
function takeBuffer(length: number): Uint8Array {
  if (length <= smallBufferSize) return freeSmall.pop() ?? new Uint8Array(smallBufferSize);
  if (length <= outputBufferSize) return freeLarge.pop() ?? new Uint8Array(outputBufferSize);
  if (length > hugeBufferSize) return new Uint8Array(length);
  // Never much more than is needed, where none is free.
  return freeHuge.pop() ?? new Uint8Array(length * 4 < hugeBufferSize ? length : hugeBufferSize);
}

/** Puts a buffer that nothing refers to back into the pool, if it is one that belongs there. */
function giveBuffer(buffer: Uint8Array): void {
  if (buffer.length === smallBufferSize) {
    if (freeSmall.length < maxFreeSmall) freeSmall.push(buffer);
  } else if (buffer.length === outputBufferSize) {
    if (freeLarge.length < maxFreeLarge) freeLarge.push(buffer);
  } else if (buffer.length === hugeBufferSize && freeHuge.length < maxFreeHuge) {
    freeHuge.push(buffer);
  }
}

/** Most bursts begin after the last one is out, so one queue serves many connections. */
let spare: OutputQueue | undefined;

/** Lends a queue that is empty. */
export function takeQueue(): OutputQueue {
  const queue = spare ?? new OutputQueue();
  spare = undefined;
  return queue;
}

/** Takes back a queue that is empty; see `OutputQueue.release`. */
export function giveQueue(queue: OutputQueue): void {
  queue.release();
  spare = queue;
}

/** Size in bytes of the buffers that connections share, and the most that one of them gathers before it must be flushed. */
export const outputBufferSize = 65_536;

/** How many free buffers are kept for all connections of the process. */
const maxFreeBuffers = 4;
const freeBuffers: Uint8Array[] = [];

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
    if (this.buffer.length - this.end < length) {
      this.finishBuffer();
      this.buffer = length > outputBufferSize ? new Uint8Array(length) : takeBuffer();
    }
    return this.end;
  }

  /** Says up to which index of `buffer` the reserved bytes have been written. */
  commit(end: number): void {
    this.length += end - this.end;
    this.end = end;
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
   * @returns A view of the queue's own memory, or undefined when the queue is empty.
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
    if (this.buffer.length === outputBufferSize && freeBuffers.length < maxFreeBuffers) {
      freeBuffers.push(this.buffer);
    }
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

  /** Turns what waits in `buffer` into a piece and lets go of the rest. */
  private finishBuffer(): void {
    this.splitBuffer();
    this.buffer = none;
    this.start = this.end = 0;
  }

  private append(bytes: Uint8Array): void {
    this.pieces ??= [];
    this.pieces.push(bytes);
  }
}

const none = new Uint8Array(0);

function takeBuffer(): Uint8Array {
  return freeBuffers.pop() ?? new Uint8Array(outputBufferSize);
}

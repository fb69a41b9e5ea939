import type { Bytes } from "./bytes.ts";

/**
 * Free buffers of one length for all connections of the process. They are reused under load. `trim`
 * drops those that are no longer needed.
 */
export class BufferPool {
  private readonly free: Bytes[] = [];
  private readonly maxFree: number;
  /** How many buffers were free at all times since the last `trim`. */
  private unused = 0;

  /** @param maxFree - How many free buffers are kept at most. */
  constructor(maxFree: number) {
    this.maxFree = maxFree;
  }

  /** Takes a free buffer, or returns undefined. It still holds the bytes it was released with. */
  acquire(): Bytes | undefined {
    const buffer = this.free.pop();
    if (this.free.length < this.unused) this.unused = this.free.length;
    return buffer;
  }

  /**
   * Returns a buffer to the pool. Nothing else may refer to it.
   *
   * @returns Whether the pool keeps it.
   */
  release(buffer: Uint8Array): boolean {
    if (this.free.length >= this.maxFree) return false;
    this.free.push(buffer as Bytes);
    return true;
  }

  /**
   * Drops the buffers that were not needed since the last call.
   *
   * @returns How many free buffers are left.
   */
  trim(): number {
    this.free.splice(0, this.unused);
    this.unused = this.free.length;
    return this.unused;
  }

  /** How many buffers are free. */
  get size(): number {
    return this.free.length;
  }
}

/**
 * Free buffers of one length, for all connections of the process. Under load they are used again and
 * again; when it is over, `trim` lets go of them.
 */
export class BufferPool {
  private readonly free: Uint8Array[] = [];
  private readonly maxFree: number;
  /** How many have been free all the time since the last `trim`. */
  private unused = 0;

  /** @param most - How many are kept. */
  constructor(most: number) {
    this.maxFree = most;
  }

  /** Takes a free buffer out, if there is one. It may hold anything that it was given back with. */
  acquire(): Uint8Array | undefined {
    const buffer = this.free.pop();
    if (this.free.length < this.unused) this.unused = this.free.length;
    return buffer;
  }

  /**
   * Puts a buffer back that nothing refers to.
   *
   * @returns Whether it is kept.
   */
  release(buffer: Uint8Array): boolean {
    if (this.free.length >= this.maxFree) return false;
    this.free.push(buffer);
    return true;
  }

  /**
   * Lets go of the buffers that nobody has needed since the last call.
   *
   * @returns How many are left.
   */
  trim(): number {
    this.free.splice(0, this.unused);
    this.unused = this.free.length;
    return this.unused;
  }

  /** Buffers that are free. */
  get size(): number {
    return this.free.length;
  }
}

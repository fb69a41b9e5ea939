/**
 * A bound on what the connections that share it hold of messages that are not complete: payloads
 * that are being gathered, and what comes out of compressed ones.
 */
export class ReceiveMemory {
  /** In bytes. */
  used = 0;
  /** In bytes. */
  readonly limit: number;

  /** @param limit - In bytes. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Counts memory that is about to be allocated; returns false, and counts nothing, when that is too much. */
  reserve(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  /** Gives back what was reserved. */
  release(bytes: number): void {
    this.used -= bytes;
  }
}

/**
 * Bounds the memory that all connections which share it hold for incomplete messages: gathered
 * payloads, and the decompressed bytes of compressed messages.
 */
export class ReceiveMemory {
  /** How many bytes are reserved. */
  used = 0;
  /** How many bytes may be reserved at most. */
  readonly limit: number;

  /** @param limit - How many bytes may be reserved at most. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /**
   * Counts bytes that are about to be allocated. Returns false, uncounted, if they exceed `limit`.
   */
  reserve(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  /** Releases reserved bytes. */
  release(bytes: number): void {
    this.used -= bytes;
  }
}

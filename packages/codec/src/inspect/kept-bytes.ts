import { noBytes } from "../bytes/bytes.ts";

/** Keeps the first bytes of a payload that arrives in pieces, and counts the rest. */
export class KeptBytes {
  /** How many bytes were appended, kept or not. */
  length = 0;
  private readonly limit: number;
  private bytes: Uint8Array = noBytes;
  private kept = 0;

  /** @param limit - How many bytes are kept at most. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** Whether bytes were left out, because there are more than the limit. */
  get isCut(): boolean {
    return this.length > this.kept;
  }

  /** @param bytes - Borrowed, not modified; copied from `start` to `end`. */
  append(bytes: Uint8Array, start: number, end: number): void {
    this.length += end - start;
    const last = Math.min(end, start + this.limit - this.kept);
    if (last <= start) return;
    const length = this.kept + last - start;
    if (length > this.bytes.length) {
      // Memory grows with what arrives, never with what a header declares.
      const grown = new Uint8Array(Math.min(this.limit, Math.max(length, this.bytes.length * 2)));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.bytes.set(bytes.subarray(start, last), this.kept);
    this.kept = length;
  }

  /** @returns The kept bytes. The caller may keep them; nothing may be appended afterwards. */
  take(): Uint8Array {
    return this.kept === this.bytes.length ? this.bytes : this.bytes.slice(0, this.kept);
  }
}

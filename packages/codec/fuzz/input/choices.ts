/**
 * Reads an input's bytes as a row of choices. Where they have run out, every choice is the first
 * one, so that any bytes are an input and a shorter input is a simpler one.
 */
export class Choices {
  private readonly data: Uint8Array;
  private position = 0;

  /** @param data - Copied: some engines hand out memory that they use again. */
  constructor(data: Uint8Array) {
    this.data = new Uint8Array(data);
  }

  get left(): number {
    return this.data.length - this.position;
  }

  byte(): number {
    return this.left > 0 ? this.data[this.position++] : 0;
  }

  /** The next bytes, fewer when fewer are left. */
  bytes(length: number): Uint8Array {
    const start = this.position;
    this.position = Math.min(start + length, this.data.length);
    return this.data.slice(start, this.position);
  }

  rest(): Uint8Array {
    return this.bytes(this.left);
  }

  /** One to four chunk sizes, for `cut`: small ones exactly, large ones in odd steps. */
  chunkSizes(): number[] {
    const count = 1 + (this.byte() & 3);
    return Array.from({ length: count }, () => {
      const size = this.byte();
      return size < 192 ? size + 1 : (size - 190) * 67;
    });
  }
}

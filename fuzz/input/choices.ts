/**
 * Reads an input's bytes as a sequence of choices. After the last byte every choice is the first
 * option, so any bytes are an input and a shorter input is a simpler one.
 */
export class Choices {
  private readonly data: Uint8Array;
  private position = 0;

  /** @param data - Copied, because some fuzzing engines reuse the memory. */
  constructor(data: Uint8Array) {
    this.data = new Uint8Array(data);
  }

  get left(): number {
    return this.data.length - this.position;
  }

  byte(): number {
    return this.left > 0 ? this.data[this.position++] : 0;
  }

  /** Returns the next bytes, or fewer if fewer are left. */
  bytes(length: number): Uint8Array {
    const start = this.position;
    this.position = Math.min(start + length, this.data.length);
    return this.data.slice(start, this.position);
  }

  rest(): Uint8Array {
    return this.bytes(this.left);
  }

  /**
   * Returns one to four chunk sizes for `cut`: small ones in steps of 1, large ones in odd steps.
   */
  chunkSizes(): number[] {
    const count = 1 + (this.byte() & 3);
    return Array.from({ length: count }, () => {
      const size = this.byte();
      return size < 192 ? size + 1 : (size - 190) * 67;
    });
  }
}

/** One match in DEFLATE data: its offset in the output, its length, and its distance. */
export interface Match {
  readonly at: number;
  readonly length: number;
  readonly distance: number;
}

/** Decodes Huffman codes by comparing bit strings (RFC 1951 section 3.2.2). Slow on purpose. */
function codesOf(lengths: readonly number[]): Map<string, number> {
  const codes = new Map<string, number>();
  let code = 0;
  for (let length = 1; length <= 15; length++) {
    for (const [symbol, own] of lengths.entries()) {
      if (own === length) codes.set((code++).toString(2).padStart(length, "0"), symbol);
    }
    code *= 2;
  }
  return codes;
}

const fixedLiterals = codesOf(
  Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)),
);
const fixedDistances = codesOf(Array(30).fill(5));
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Section 3.2.5: the number of extra bits of each length or distance code, and its first value. */
function ranges(count: number, perStep: number, first: number): [extra: number, base: number][] {
  let base = first;
  return Array.from({ length: count }, (_, i) => {
    const extra = Math.max(0, Math.floor(i / perStep) - 1);
    const range: [number, number] = [extra, base];
    base += 2 ** extra;
    return range;
  });
}
const lengthRanges: [number, number][] = [...ranges(28, 4, 3), [0, 258]];
const distanceRanges = ranges(30, 2, 1);

/** Reads DEFLATE blocks (RFC 1951) to their end and records their matches. */
export class BlockReader {
  readonly matches: Match[] = [];
  /** The length of the decompressed data in bytes. */
  length = 0;
  private readonly bytes: Uint8Array;
  private bit = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    while (this.bit < bytes.length * 8) this.readBlock();
  }

  private take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value += this.takeBit() * 2 ** i;
    return value;
  }

  private takeBit(): number {
    if (this.bit >= this.bytes.length * 8) throw new Error("the blocks do not end");
    const value = (this.bytes[this.bit >> 3] >> (this.bit & 7)) & 1;
    this.bit++;
    return value;
  }

  private takeSymbol(codes: ReadonlyMap<string, number>): number {
    for (let code = ""; code.length <= 15; ) {
      code += this.takeBit();
      const symbol = codes.get(code);
      if (symbol !== undefined) return symbol;
    }
    throw new Error("no such code");
  }

  private readBlock(): void {
    if (this.takeBit() === 1) throw new Error("BFINAL is set");
    const type = this.take(2);
    if (type === 0) return this.skipStored();
    if (type === 1) return this.readSymbols(fixedLiterals, fixedDistances);
    if (type === 3) throw new Error("no such block type");
    const counts = [this.take(5) + 257, this.take(5) + 1, this.take(4) + 4];
    const lengthLengths = Array(19).fill(0);
    for (let i = 0; i < counts[2]; i++) lengthLengths[codeLengthOrder[i]] = this.take(3);
    const lengthCodes = codesOf(lengthLengths);
    const lengths: number[] = [];
    while (lengths.length < counts[0] + counts[1]) {
      const symbol = this.takeSymbol(lengthCodes);
      if (symbol < 16) lengths.push(symbol);
      else if (symbol === 16) repeat(lengths, lengths[lengths.length - 1], 3 + this.take(2));
      else repeat(lengths, 0, symbol === 17 ? 3 + this.take(3) : 11 + this.take(7));
    }
    this.readSymbols(codesOf(lengths.slice(0, counts[0])), codesOf(lengths.slice(counts[0])));
  }

  private skipStored(): void {
    this.bit = Math.ceil(this.bit / 8) * 8;
    const length = this.take(16);
    if (length + this.take(16) !== 0xffff) throw new Error("the lengths do not agree");
    this.bit += length * 8;
    this.length += length;
  }

  private readSymbols(
    literals: ReadonlyMap<string, number>,
    distances: ReadonlyMap<string, number>,
  ): void {
    for (;;) {
      const symbol = this.takeSymbol(literals);
      if (symbol === 256) return;
      if (symbol < 256) {
        this.length++;
        continue;
      }
      const [extra, base] = lengthRanges[symbol - 257];
      const length = base + this.take(extra);
      const [distanceExtra, distanceBase] = distanceRanges[this.takeSymbol(distances)];
      const distance = distanceBase + this.take(distanceExtra);
      this.matches.push({ at: this.length, length, distance });
      this.length += length;
    }
  }
}

function repeat(lengths: number[], value: number, count: number): void {
  for (let i = 0; i < count; i++) lengths.push(value);
}

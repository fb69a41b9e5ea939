/** A frame with the fields of RFC 6455 section 5.2, in order. */
export interface OracleFrame {
  fin: boolean;
  rsv1: boolean;
  rsv2: boolean;
  rsv3: boolean;
  opcode: number;
  masked: boolean;
  lengthBits: 7 | 16 | 64;
  payloadLength: bigint;
  /** Four octets, or none if the frame is not masked. */
  maskingKey: number[];
  /** Unmasked. */
  payload: number[];
}

/** Reads bytes bit by bit. Slow on purpose: it has nothing in common with the code under test. */
class BitRow {
  position = 0;
  private readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  has(count: number): boolean {
    return this.position + count <= this.bytes.length * 8;
  }

  /** A number of at most 53 bits. */
  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++) value = value * 2 + this.takeBit();
    return value;
  }

  /** A number of any size. */
  takeLong(count: number): bigint {
    let value = 0n;
    for (let i = 0; i < count; i++) value = value * 2n + BigInt(this.takeBit());
    return value;
  }

  takeFlag(): boolean {
    return this.takeBit() === 1;
  }

  private takeBit(): number {
    if (!this.has(1)) throw new Error("the row has no more bits");
    const byte = this.bytes[Math.floor(this.position / 8)];
    const bit = Math.floor(byte / 2 ** (7 - (this.position % 8))) % 2;
    this.position++;
    return bit;
  }
}

/** Reads one frame. Returns undefined if the bits end before the frame. */
function readFrame(row: BitRow): OracleFrame | undefined {
  if (!row.has(16)) return undefined;
  const [fin, rsv1, rsv2, rsv3] = [row.takeFlag(), row.takeFlag(), row.takeFlag(), row.takeFlag()];
  const opcode = row.take(4);
  const masked = row.takeFlag();
  let payloadLength = row.takeLong(7);
  let lengthBits: 7 | 16 | 64 = 7;
  // "If 126, the following 2 bytes interpreted as a 16-bit unsigned integer are the payload
  // length. If 127, the following 8 bytes [...]"
  if (payloadLength === 126n) lengthBits = 16;
  if (payloadLength === 127n) lengthBits = 64;
  if (lengthBits !== 7) {
    if (!row.has(lengthBits)) return undefined;
    payloadLength = row.takeLong(lengthBits);
  }
  if (masked && !row.has(32)) return undefined;
  const maskingKey = masked ? [1, 2, 3, 4].map(() => row.take(8)) : [];
  if (!row.has(Number(payloadLength) * 8)) return undefined;
  const payload: number[] = [];
  for (let i = 0; i < Number(payloadLength); i++) {
    const octet = row.take(8);
    // "transformed-octet-i = original-octet-i XOR masking-key-octet-j", j = i MOD 4 (section 5.3)
    payload.push(masked ? octet ^ maskingKey[i % 4] : octet);
  }
  return {
    fin,
    rsv1,
    rsv2,
    rsv3,
    opcode,
    masked,
    lengthBits,
    payloadLength,
    maskingKey,
    payload,
  };
}

/**
 * Reads all whole frames, or the first `most` of them.
 *
 * @returns The frames, and the number of bytes after them.
 */
export function readFrames(
  bytes: Uint8Array,
  most = Number.POSITIVE_INFINITY,
): { frames: OracleFrame[]; left: number } {
  const row = new BitRow(bytes);
  const frames: OracleFrame[] = [];
  for (;;) {
    const start = row.position;
    const frame = frames.length < most ? readFrame(row) : undefined;
    if (frame === undefined) return { frames, left: bytes.length - start / 8 };
    frames.push(frame);
  }
}

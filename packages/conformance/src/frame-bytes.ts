/** An end of a connection. */
export type Role = "client" | "server";

export const opcodes = {
  continuation: 0x0,
  text: 0x1,
  binary: 0x2,
  close: 0x8,
  ping: 0x9,
  pong: 0xa,
} as const;

/** The key of the examples in RFC 6455 section 5.7. */
const exampleMaskingKey: readonly number[] = [0x37, 0xfa, 0x21, 0x3d];

/** The fields of a frame (RFC 6455 section 5.2), legal or not. */
export interface FrameFields {
  readonly opcode: number;
  /** Defaults to true. */
  readonly fin?: boolean;
  /** RSV1, RSV2 and RSV3 as one number: 4, 2 and 1. Defaults to 0. */
  readonly rsv?: number;
  /** Defaults to the value required for the sender's role. */
  readonly masked?: boolean;
  /** Four octets. Defaults to those of the RFC's examples. */
  readonly maskingKey?: readonly number[];
  /** Defaults to empty. */
  readonly payload?: Uint8Array;
  /** Number of bits of the written length. Defaults to the fewest possible. */
  readonly lengthBits?: 7 | 16 | 64;
  /** Written instead of the payload's length. */
  readonly declaredLength?: bigint;
}

/** Encodes text as UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Joins bytes. */
export function concat(...pieces: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(pieces));
}

/** Returns the body of a Close frame (RFC 6455 section 5.5.1). */
export function closePayload(statusCode?: number, reason = ""): Uint8Array {
  if (statusCode === undefined) return new Uint8Array(0);
  return concat(Uint8Array.of(statusCode >> 8, statusCode & 0xff), utf8(reason));
}

/**
 * Writes frames of one role directly from the figure in RFC 6455 section 5.2. It shares no code
 * with the implementation and checks nothing, so it can break the rules.
 */
export class FrameWriter {
  private readonly role: Role;

  /** @param role - The role of the sender. */
  constructor(role: Role) {
    this.role = role;
  }

  frame(fields: FrameFields): Uint8Array {
    const { opcode, fin = true, rsv = 0, payload = new Uint8Array(0) } = fields;
    const { masked = this.role === "client", declaredLength = BigInt(payload.length) } = fields;
    const { maskingKey = exampleMaskingKey } = fields;
    const { lengthBits = shortestLengthBits(declaredLength) } = fields;
    const maskBit = masked ? 0x80 : 0;
    const header = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
    if (lengthBits === 7) header.push(maskBit | Number(declaredLength));
    else header.push(maskBit | (lengthBits === 16 ? 126 : 127));
    for (let shift = lengthBits - 8; lengthBits > 7 && shift >= 0; shift -= 8) {
      header.push(Number((declaredLength >> BigInt(shift)) & 0xffn));
    }
    if (!masked) return concat(Uint8Array.from(header), payload);
    const transformed = payload.map((octet, i) => octet ^ maskingKey[i % 4]);
    return concat(Uint8Array.from([...header, ...maskingKey]), transformed);
  }

  text(text: string): Uint8Array {
    return this.frame({ opcode: opcodes.text, payload: utf8(text) });
  }

  binary(payload: Uint8Array): Uint8Array {
    return this.frame({ opcode: opcodes.binary, payload });
  }

  ping(payload: Uint8Array = new Uint8Array(0)): Uint8Array {
    return this.frame({ opcode: opcodes.ping, payload });
  }

  pong(payload: Uint8Array = new Uint8Array(0)): Uint8Array {
    return this.frame({ opcode: opcodes.pong, payload });
  }

  close(statusCode?: number, reason?: string): Uint8Array {
    return this.frame({ opcode: opcodes.close, payload: closePayload(statusCode, reason) });
  }
}

function shortestLengthBits(length: bigint): 7 | 16 | 64 {
  if (length < 126n) return 7;
  return length < 65_536n ? 16 : 64;
}

/** A received frame with an unmasked payload. */
export interface ReceivedFrame {
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** Empty if the frame is not masked. */
  readonly maskingKey: Uint8Array;
  /** Whether the length was written with the fewest possible bits. */
  readonly isShortestForm: boolean;
  readonly payload: Uint8Array;
}

/**
 * Reads one frame.
 *
 * @param take - Returns the requested number of bytes, or undefined if the input ends before.
 * @returns The frame, or undefined if the input ends before it is complete.
 */
export async function readFrame(
  take: (length: number) => Promise<Uint8Array | undefined>,
): Promise<ReceivedFrame | undefined> {
  const start = await take(2);
  if (start === undefined) return undefined;
  const [byte0, byte1] = start;
  const lengthBits = (byte1 & 0x7f) === 127 ? 64 : (byte1 & 0x7f) === 126 ? 16 : 7;
  let length = BigInt(byte1 & 0x7f);
  if (lengthBits > 7) {
    const extended = await take(lengthBits / 8);
    if (extended === undefined) return undefined;
    length = extended.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
  }
  const masked = (byte1 & 0x80) !== 0;
  const key = await take(masked ? 4 : 0);
  const payload = await take(Number(length));
  if (key === undefined || payload === undefined) return undefined;
  return {
    fin: (byte0 & 0x80) !== 0,
    rsv: (byte0 >> 4) & 7,
    opcode: byte0 & 0xf,
    masked,
    maskingKey: key,
    isShortestForm: lengthBits === shortestLengthBits(length),
    payload: masked ? payload.map((octet, i) => octet ^ key[i % 4]) : payload,
  };
}

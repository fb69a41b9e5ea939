import { FrameHeader, maxFrameHeaderLength, readFrameHeader } from "../frame/header.ts";

/** The name of a header field. */
export type HeaderFieldName =
  | "fin"
  | "rsv1"
  | "rsv2"
  | "rsv3"
  | "opcode"
  | "mask"
  | "payloadLength"
  | "extendedPayloadLength"
  | "maskingKey";

/** One field of a frame header, as the figure of RFC 6455 section 5.2 shows it. */
export interface HeaderField {
  readonly name: HeaderFieldName;
  /** Its first bit, counted from the start of the frame, most significant first. */
  readonly bit: number;
  /** How many bits it has. */
  readonly bits: number;
  /** Its value as an unsigned integer, most significant bit first. */
  readonly value: bigint;
}

const firstFields: readonly (readonly [HeaderFieldName, bit: number, bits: number])[] = [
  ["fin", 0, 1],
  ["rsv1", 1, 1],
  ["rsv2", 2, 1],
  ["rsv3", 3, 1],
  ["opcode", 4, 4],
  ["mask", 8, 1],
  ["payloadLength", 9, 7],
];

/**
 * Returns the length of a frame's header.
 *
 * @param byte1 - The second byte of the frame: MASK and the 7-bit length.
 * @returns 2 to 14 bytes.
 */
export function headerLengthOf(byte1: number): number {
  const length7 = byte1 & 0x7f;
  const extended = length7 === 126 ? 2 : length7 === 127 ? 8 : 0;
  return 2 + extended + (byte1 & 0x80 ? 4 : 0);
}

/**
 * Maps a frame header to its fields, to draw it as the figure of RFC 6455 section 5.2. A field that
 * the bytes cut off is left out.
 *
 * @param header - From the first byte of a frame; what follows the header is ignored. Borrowed, not
 *   modified.
 *
 * @example
 * headerFields(Uint8Array.of(0x81, 0x05)).map(({ name, value }) => `${name}=${value}`);
 * // ["fin=1", "rsv1=0", "rsv2=0", "rsv3=0", "opcode=1", "mask=0", "payloadLength=5"]
 */
export function headerFields(header: Uint8Array): HeaderField[] {
  const received = header.length * 8;
  const layout = [...firstFields];
  if (header.length >= 2) {
    const end = headerLengthOf(header[1]) * 8;
    const keyBits = header[1] & 0x80 ? 32 : 0;
    const extendedBits = end - 16 - keyBits;
    if (extendedBits > 0) layout.push(["extendedPayloadLength", 16, extendedBits]);
    if (keyBits > 0) layout.push(["maskingKey", end - keyBits, keyBits]);
  }
  return layout
    .filter(([, bit, bits]) => bit + bits <= received)
    .map(([name, bit, bits]) => ({ name, bit, bits, value: readBits(header, bit, bits) }));
}

function readBits(bytes: Uint8Array, bit: number, bits: number): bigint {
  let value = 0n;
  for (let i = bit; i < bit + bits; i++) {
    value = (value << 1n) | BigInt((bytes[i >> 3] >> (7 - (i & 7))) & 1);
  }
  return value;
}

/** The fields of a frame header. Those that were not received are false or 0. */
export interface HeaderValues {
  readonly fin: boolean;
  readonly rsv1: boolean;
  readonly rsv2: boolean;
  readonly rsv3: boolean;
  /** 0 to 15, including reserved opcodes. */
  readonly opcode: number;
  readonly masked: boolean;
  /** Which of its three forms the payload length has: 7, 16 or 64 bits. */
  readonly lengthBits: 7 | 16 | 64;
  /** Whether the payload length has its shortest form, as it must. */
  readonly isShortestLength: boolean;
  /** As declared, in bytes; exact. */
  readonly payloadLength: bigint;
  /** The key as one unsigned 32-bit integer, first octet most significant; undefined without one. */
  readonly maskingKey: number | undefined;
}

/**
 * Reads the fields of a frame header of which the end may be missing.
 *
 * @param bytes - Borrowed, not modified; read from 0 to `length`.
 */
export function readHeaderValues(bytes: Uint8Array, length: number): HeaderValues {
  const padded = new Uint8Array(maxFrameHeaderLength);
  padded.set(bytes.subarray(0, length));
  const header = new FrameHeader();
  readFrameHeader(padded, 0, padded.length, header);
  const { fin, rsv1, rsv2, rsv3, opcode, masked, lengthBits } = header;
  const low = BigInt(header.payloadLengthLow);
  const payloadLength = (BigInt(header.payloadLengthHigh) << 32n) | low;
  const shortest = payloadLength < 126n ? 7 : payloadLength < 65_536n ? 16 : 64;
  return {
    ...{ fin, rsv1, rsv2, rsv3, opcode, masked, lengthBits },
    isShortestLength: lengthBits === shortest,
    payloadLength,
    maskingKey: masked ? header.maskingKey >>> 0 : undefined,
  };
}

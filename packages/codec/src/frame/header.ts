/** Length of the longest header: 2 bytes, 8 of extended payload length and 4 of masking key. */
export const maxFrameHeaderLength = 14;

/** Bits of a frame's first byte (RFC 6455 section 5.2). Its lower four bits are the opcode. */
export const FrameBit = {
  Fin: 0x80,
  Rsv1: 0x40,
} as const;

/**
 * The fields of a frame header as received (RFC 6455 section 5.2), legal or not. One object serves
 * all frames of a decoder.
 */
export class FrameHeader {
  fin = false;
  rsv1 = false;
  rsv2 = false;
  rsv3 = false;
  /** 0 to 15, including reserved opcodes. */
  opcode = 0;
  masked = false;
  /** Which of its three forms the payload length has: 7, 16 or 64 bits. */
  lengthBits: 7 | 16 | 64 = 7;
  /** In bytes. Exact up to 2^53-1; above that, only the two halves are exact. */
  payloadLength = 0;
  /** The payload length's upper 32 bits, exact. */
  payloadLengthHigh = 0;
  /** The payload length's lower 32 bits, exact. */
  payloadLengthLow = 0;
  /** The key as one signed 32-bit integer, first octet most significant; 0 if not masked. */
  maskingKey = 0;

  /** Sets the fields of an unfragmented frame with a payload of at most 65,535 bytes. */
  setShort(opcode: number, payloadLength: number, masked: boolean, maskingKey: number): void {
    this.fin = true;
    this.rsv1 = this.rsv2 = this.rsv3 = false;
    this.opcode = opcode;
    this.masked = masked;
    this.lengthBits = payloadLength < 126 ? 7 : 16;
    this.payloadLength = this.payloadLengthLow = payloadLength;
    this.payloadLengthHigh = 0;
    this.maskingKey = maskingKey;
  }
}

/**
 * Reads one frame header (RFC 6455 section 5.2). Does not check whether it is legal; see
 * `checkFrameStart` and `checkPayloadLength`.
 *
 * @param bytes - Borrowed, not modified.
 * @param offset - Index of the first header byte.
 * @param end - Index after the last byte that may be read.
 * @param out - Modified only if the header is complete.
 * @returns Header length in bytes (2 to 14), or 0 if more bytes are needed.
 *
 * @example
 * const header = new FrameHeader();
 * readFrameHeader(new Uint8Array([0x81, 0x05]), 0, 2, header); // 2
 * header.payloadLength; // 5
 */
export function readFrameHeader(
  bytes: Uint8Array,
  offset: number,
  end: number,
  out: FrameHeader,
): number {
  if (end - offset < 2) return 0;
  const byte0 = bytes[offset];
  const byte1 = bytes[offset + 1];
  const length7 = byte1 & 0x7f;
  const keyStart = length7 < 126 ? 2 : length7 === 126 ? 4 : 10;
  const length = byte1 & 0x80 ? keyStart + 4 : keyStart;
  if (end - offset < length) return 0;

  out.fin = (byte0 & 0x80) !== 0;
  out.rsv1 = (byte0 & 0x40) !== 0;
  out.rsv2 = (byte0 & 0x20) !== 0;
  out.rsv3 = (byte0 & 0x10) !== 0;
  out.opcode = byte0 & 0x0f;
  out.masked = (byte1 & 0x80) !== 0;
  let high = 0;
  let low = length7;
  if (length7 === 126) {
    out.lengthBits = 16;
    low = (bytes[offset + 2] << 8) | bytes[offset + 3];
  } else if (length7 === 127) {
    out.lengthBits = 64;
    high = readUint32(bytes, offset + 2);
    low = readUint32(bytes, offset + 6);
  } else {
    out.lengthBits = 7;
  }
  out.payloadLengthHigh = high;
  out.payloadLengthLow = low;
  // Skip the multiplication when possible: it turns `payloadLength` into a double.
  out.payloadLength = high === 0 ? low : high * 0x1_0000_0000 + low;
  out.maskingKey = out.masked ? readUint32(bytes, offset + keyStart) | 0 : 0;
  return length;
}

function readUint32(bytes: Uint8Array, offset: number): number {
  return readInt32(bytes, offset) >>> 0;
}

/** Reads four octets, the most significant first, as a signed 32-bit integer. */
export function readInt32(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset] << 24) | (bytes[offset + 1] << 16) | (bytes[offset + 2] << 8) | bytes[offset + 3]
  );
}

/**
 * Returns the length of a frame's header in bytes, 2 to 14.
 *
 * @param payloadLength - In bytes, 0 to 2^53-1.
 * @param maskingKey - Any key, or undefined for an unmasked frame.
 */
export function frameHeaderLength(payloadLength: number, maskingKey: number | undefined): number {
  const length = payloadLength < 126 ? 2 : payloadLength < 0x1_0000 ? 4 : 10;
  return maskingKey === undefined ? length : length + 4;
}

/**
 * Writes one frame header (RFC 6455 section 5.2) with the shortest form of the payload length. Does
 * not check whether the frame is legal.
 *
 * @param bytes - Modified from `offset`; needs `frameHeaderLength(...)` bytes there.
 * @param firstByte - `FrameBit.Fin`, `FrameBit.Rsv1` and the opcode.
 * @param payloadLength - In bytes, 0 to 2^53-1.
 * @param maskingKey - The key as one 32-bit integer, first octet most significant, or undefined
 *   for an unmasked frame.
 * @returns Index after the header.
 *
 * @example
 * writeFrameHeader(new Uint8Array(2), 0, FrameBit.Fin | Opcode.Text, 5, undefined); // 2: 81 05
 */
export function writeFrameHeader(
  bytes: Uint8Array,
  offset: number,
  firstByte: number,
  payloadLength: number,
  maskingKey: number | undefined,
): number {
  const maskBit = maskingKey === undefined ? 0 : 0x80;
  bytes[offset] = firstByte;
  let next = offset + 2;
  if (payloadLength < 126) {
    bytes[offset + 1] = maskBit | payloadLength;
  } else if (payloadLength < 0x1_0000) {
    bytes[offset + 1] = maskBit | 126;
    bytes[next++] = payloadLength >>> 8;
    bytes[next++] = payloadLength;
  } else {
    bytes[offset + 1] = maskBit | 127;
    next = writeUint32(bytes, next, Math.floor(payloadLength / 0x1_0000_0000));
    next = writeUint32(bytes, next, payloadLength);
  }
  return maskingKey === undefined ? next : writeUint32(bytes, next, maskingKey);
}

/** Writes the lower 32 bits of a value in network byte order. Returns the index after them. */
function writeUint32(bytes: Uint8Array, offset: number, value: number): number {
  bytes[offset] = value >>> 24;
  bytes[offset + 1] = value >>> 16;
  bytes[offset + 2] = value >>> 8;
  bytes[offset + 3] = value;
  return offset + 4;
}

/**
 * Position and header of a frame in a stream, by the layout of RFC 6455 section 5.2, valid or not.
 */
export interface FrameSpan {
  readonly start: number;
  /** Index after the last available byte. */
  readonly end: number;
  readonly fin: boolean;
  readonly rsv: number;
  readonly opcode: number;
  readonly masked: boolean;
  /** The length's form; undefined with fewer than two bytes available. */
  readonly lengthBits: 7 | 16 | 64 | undefined;
  /** Undefined if its bytes are incomplete. */
  readonly payloadLength: bigint | undefined;
  /** Number of missing header bytes. */
  readonly missingHeader: number;
  /** Whether the whole payload is available. */
  readonly isWhole: boolean;
}

/** Splits a stream into frames by layout only. The end of the stream may cut off the last one. */
export function splitFrames(stream: Uint8Array): FrameSpan[] {
  const frames: FrameSpan[] = [];
  for (let start = 0; start < stream.length; ) {
    const frame = spanAt(stream, start);
    frames.push(frame);
    start = frame.end;
  }
  return frames;
}

function spanAt(stream: Uint8Array, start: number): FrameSpan {
  const available = stream.length - start;
  const [byte0, byte1 = 0] = stream.subarray(start, start + 2);
  const length7 = byte1 & 0x7f;
  const lengthBits = length7 < 126 ? 7 : length7 === 126 ? 16 : 64;
  const masked = byte1 >= 0x80;
  const lengthEnd = 2 + (lengthBits === 7 ? 0 : lengthBits / 8);
  const headerLength = available < 2 ? 2 : lengthEnd + (masked ? 4 : 0);
  const payloadLength =
    available < lengthEnd ? undefined : readLength(stream.subarray(start + 1, start + lengthEnd));
  const frameLength =
    payloadLength === undefined ? undefined : headerLength + Number(payloadLength);
  const isWhole = frameLength !== undefined && frameLength <= available;
  return {
    start,
    end: isWhole ? start + frameLength : stream.length,
    fin: byte0 >= 0x80,
    rsv: (byte0 >> 4) & 7,
    opcode: byte0 & 0xf,
    masked,
    lengthBits: available < 2 ? undefined : lengthBits,
    payloadLength,
    missingHeader: Math.max(0, headerLength - available),
    isWhole,
  };
}

/** @param bytes - The header's second byte and the extended payload length. */
function readLength([byte1, ...extended]: Uint8Array): bigint {
  if (extended.length === 0) return BigInt(byte1 & 0x7f);
  return extended.reduce((length, octet) => (length << 8n) | BigInt(octet), 0n);
}

/** Returns the stream with one frame's length in its shortest form (section 5.2). */
export function withShortestLength(stream: Uint8Array, frame: FrameSpan): Uint8Array {
  const { start, payloadLength, lengthBits = 7 } = frame;
  if (payloadLength === undefined || payloadLength > 0xffffn) throw new Error("no shorter form");
  const length = Number(payloadLength);
  const mask = stream[start + 1] & 0x80;
  const shortest = length < 126 ? [mask | length] : [mask | 126, length >> 8, length & 0xff];
  return Uint8Array.from([
    ...stream.subarray(0, start + 1),
    ...shortest,
    ...stream.subarray(start + 2 + lengthBits / 8),
  ]);
}

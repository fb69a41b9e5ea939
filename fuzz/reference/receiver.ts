import { hex } from "../../packages/codec/test/bytes.ts";
import { readFrames } from "../../packages/codec/test/oracle/frame-reader.ts";
import { brokenRules } from "../../packages/codec/test/oracle/legality.ts";
import { checkSame } from "./check.ts";

export interface ReceiverOptions {
  role: "client" | "server";
  rsv1Negotiated: boolean;
  maxMessageSize: number;
  maxFragments: number;
}

export interface ReceivedFrame {
  fin: boolean;
  rsv1: boolean;
  opcode: number;
  /** Unmasked. */
  payload: Uint8Array;
}

/** What a receiver must read from some bytes. */
export interface Reading {
  /** Complete valid frames. */
  frames: ReceivedFrame[];
  /** A valid frame with a complete header and an incomplete payload. */
  partial: ReceivedFrame | undefined;
  /** The error codes of all rules that the next frame breaks, as far as it was received. */
  faults: string[];
}

/** The bit reader is slow, so longer inputs are read without it. */
const maxCrossCheckedLength = 160;

/** Reads all bytes at once according to RFC 6455 section 5. */
export function readAll(bytes: Uint8Array, options: ReceiverOptions): Reading {
  const reading: Reading = { frames: [], partial: undefined, faults: [] };
  let messageLength = 0n;
  let fragments = 0;
  let inMessage = false;
  for (let at = 0; bytes.length - at >= 2; ) {
    reading.faults = brokenRules(bytes[at], bytes[at + 1], { ...options, inMessage });
    if (reading.faults.length > 0) break;
    const frame = readFrameAt(bytes, at);
    if (frame === undefined) break;
    const isData = frame.opcode < 8;
    if (isData) {
      fragments++;
      messageLength += frame.declared;
    }
    if (!isShortestForm(frame)) reading.faults.push("WS_ERR_INVALID_PAYLOAD_LENGTH");
    if (isData && messageLength > BigInt(options.maxMessageSize)) {
      reading.faults.push("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
    }
    if (isData && fragments > options.maxFragments)
      reading.faults.push("WS_ERR_TOO_MANY_BUFFERED_PARTS");
    if (reading.faults.length > 0) break;
    if (BigInt(frame.payload.length) < frame.declared) {
      reading.partial = frame;
      break;
    }
    reading.frames.push(frame);
    at = frame.end;
    if (!isData) continue;
    inMessage = !frame.fin;
    if (frame.fin) {
      fragments = 0;
      messageLength = 0n;
    }
  }
  if (bytes.length <= maxCrossCheckedLength) crossCheck(bytes, reading.frames);
  return reading;
}

interface FrameAt extends ReceivedFrame {
  lengthBits: number;
  declared: bigint;
  end: number;
}

/**
 * Reads one frame with the received part of its payload. Returns undefined if its header is
 * incomplete.
 */
function readFrameAt(bytes: Uint8Array, at: number): FrameAt | undefined {
  const [byte0, byte1] = bytes.subarray(at);
  const masked = byte1 >= 128;
  const length7 = byte1 % 128;
  const lengthOctets = length7 === 126 ? 2 : length7 === 127 ? 8 : 0;
  const start = at + 2 + lengthOctets + (masked ? 4 : 0);
  if (bytes.length < start) return undefined;
  let declared = BigInt(length7);
  if (lengthOctets > 0) {
    declared = 0n;
    for (const octet of bytes.subarray(at + 2, at + 2 + lengthOctets)) {
      declared = declared * 256n + BigInt(octet);
    }
  }
  const there = bytes.length - start;
  const end = declared > BigInt(there) ? bytes.length : start + Number(declared);
  const key = masked ? bytes.subarray(start - 4, start) : [0, 0, 0, 0];
  return {
    fin: byte0 >= 128,
    rsv1: (byte0 & 64) !== 0,
    opcode: byte0 % 16,
    payload: bytes.slice(start, end).map((octet, i) => octet ^ key[i % 4]),
    lengthBits: lengthOctets === 0 ? 7 : lengthOctets * 8,
    declared,
    end,
  };
}

function isShortestForm({ lengthBits, declared }: FrameAt): boolean {
  if (lengthBits === 16) return declared > 125n;
  if (lengthBits === 64) return declared > 65_535n && declared < 2n ** 63n;
  return true;
}

/** Compares with the bit reader, which knows only the layout and so may read more frames. */
function crossCheck(bytes: Uint8Array, frames: readonly ReceivedFrame[]): void {
  const others = readFrames(bytes).frames.slice(0, frames.length);
  checkSame(describe(frames), describe(others), "the two reference readers differ");
}

function describe(
  frames: readonly { fin: boolean; rsv1: boolean; opcode: number; payload: ArrayLike<number> }[],
): string {
  return frames
    .map(
      ({ fin, rsv1, opcode, payload }) => `${fin} ${rsv1} ${opcode} ${hex([...octets(payload)])}`,
    )
    .join("; ");
}

function octets(payload: ArrayLike<number>): number[] {
  return Array.from(payload);
}

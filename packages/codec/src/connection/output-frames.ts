import { hasFixedLength } from "../bytes/bytes.ts";
import { isLent, maxCopiedLength } from "../bytes/lent-bytes.ts";
import type { PerMessageDeflate } from "../deflate/permessage-deflate.ts";
import { encodeTextFrame, maxTextFrameLength, textMessage, writeFrame } from "../frame/encoder.ts";
import { FrameBit, frameHeaderLength, writeFrameHeader } from "../frame/header.ts";
import { maskInto } from "../mask/mask.ts";
import { standardTextCoding, type TextCoding } from "../utf8.ts";
import type { OutputQueue } from "./output.ts";

/** The first byte of an unfragmented, uncompressed binary message: FIN and the opcode. */
const binaryMessage = 0x82;

/**
 * Queues one message as one frame. Text is encoded straight into the queue.
 *
 * @param output - Modified.
 * @param data - A string is sent as text, bytes as binary. Borrowed, but long bytes that are not
 *   masked are retained until written.
 * @param maskingKey - The key as one 32-bit integer, or undefined for an unmasked frame.
 * @param coding - Encodes text as UTF-8.
 */
export function queueMessage(
  output: OutputQueue,
  data: string | Uint8Array,
  maskingKey: number | undefined,
  coding?: TextCoding,
): void {
  if (typeof data === "string") {
    const offset = output.reserve(maxTextFrameLength(data, coding));
    const { buffer } = output;
    output.commit(encodeTextFrame(buffer, offset, data, maskingKey, coding));
  } else if (data.length <= maxCopiedLength) {
    // JavaScriptCore inlines this call, but not the longer `queuePayload`: 22 instead of 26 ns for
    // a message of 64 bytes.
    queueFrame(output, binaryMessage, data, maskingKey);
  } else {
    queuePayload(output, binaryMessage, data, maskingKey);
  }
}

/**
 * Queues one frame.
 *
 * @param output - Modified.
 * @param firstByte - `FrameBit.Fin`, `FrameBit.Rsv1` and the opcode.
 * @param payload - Borrowed, but retained until written if it is long and not masked.
 */
export function queuePayload(
  output: OutputQueue,
  firstByte: number,
  payload: Uint8Array,
  maskingKey: number | undefined,
): void {
  if (maskingKey !== undefined || !mayBeRetained(payload)) {
    queueFrame(output, firstByte, payload, maskingKey);
    return;
  }
  queueHeader(output, firstByte, payload.length);
  output.appendReference(payload);
}

/**
 * Queues one frame whose payload is in pieces.
 *
 * @param output - Modified.
 * @param firstByte - `FrameBit.Fin`, `FrameBit.Rsv1` and the opcode.
 * @param pieces - Retained until written if they are not masked, otherwise copied.
 * @param length - Length of all pieces in bytes.
 */
export function queuePieces(
  output: OutputQueue,
  firstByte: number,
  pieces: readonly Uint8Array[],
  length: number,
  maskingKey: number | undefined,
): void {
  if (maskingKey === undefined) {
    queueHeader(output, firstByte, length);
    for (const piece of pieces) output.appendReference(piece);
    return;
  }
  let end = output.reserve(frameHeaderLength(length, maskingKey) + length);
  const { buffer } = output;
  end = writeFrameHeader(buffer, end, firstByte, length, maskingKey);
  let phase = 0;
  for (const piece of pieces) {
    maskInto(buffer, end, piece, 0, piece.length, maskingKey, phase);
    end += piece.length;
    phase += piece.length;
  }
  output.commit(end);
}

/** Queues the header of an unmasked frame. */
function queueHeader(output: OutputQueue, firstByte: number, length: number): void {
  const offset = output.reserve(frameHeaderLength(length, undefined));
  output.commit(writeFrameHeader(output.buffer, offset, firstByte, length, undefined));
}

/**
 * Tells whether bytes may be held by reference until they are written. Short bytes are copied, and
 * so is a borrowed message, whose memory is overwritten, and memory that can be resized, which may
 * shrink before it is written.
 */
export function mayBeRetained(data: Uint8Array): boolean {
  return data.length > maxCopiedLength && !isLent(data) && hasFixedLength(data);
}

/**
 * Queues one message as one compressed frame if compression pays off (RFC 7692 section 6.1).
 *
 * @param output - Modified.
 * @param data - A string is sent as text, bytes as binary. Borrowed.
 * @param maskingKey - The key as one 32-bit integer, or undefined for an unmasked frame.
 * @returns false if nothing was queued: send the message uncompressed.
 */
export function queueCompressed(
  output: OutputQueue,
  data: string | Uint8Array,
  maskingKey: number | undefined,
  deflate: PerMessageDeflate,
  coding: TextCoding = standardTextCoding,
): boolean {
  if (typeof data !== "string") {
    const compressed = deflate.compress(data, 0, data.length);
    if (compressed === undefined) return false;
    queueFrame(output, FrameBit.Rsv1 | binaryMessage, compressed, maskingKey);
    return true;
  }
  // A UTF-16 code unit takes at most three bytes in UTF-8.
  if (data.length * 3 < deflate.threshold) return false;
  const bytes = textScratch(maxTextFrameLength(data, coding));
  const compressed = deflate.compress(bytes, 0, coding.writeUtf8(data, bytes, 0));
  if (compressed === undefined) return false;
  queueFrame(output, FrameBit.Rsv1 | textMessage, compressed, maskingKey);
  return true;
}

const scratchLength = 65_536;
let scratch: Uint8Array | undefined;

/** Returns memory for text to compress. Up to 64 KiB, all connections share it. */
function textScratch(length: number): Uint8Array {
  if (length > scratchLength) return new Uint8Array(length);
  scratch ??= new Uint8Array(scratchLength);
  return scratch;
}

/** Prepared frames of up to this many bytes are copied behind waiting bytes, to save a write. */
const maxJoinedLength = 4_096;

/**
 * Queues a finished frame, which other connections may queue as well.
 *
 * @param output - Modified.
 * @param frame - Not modified. Copied if it is short and other bytes wait, otherwise retained until
 *   written.
 */
export function queuePrepared(output: OutputQueue, frame: Uint8Array): void {
  if (output.length === 0 || frame.length > maxJoinedLength) output.appendReference(frame);
  else output.appendCopy(frame);
}

/**
 * Queues one frame.
 *
 * @param output - Modified.
 * @param firstByte - `FrameBit.Fin`, `FrameBit.Rsv1` and the opcode.
 * @param payload - Copied.
 * @param maskingKey - The key as one 32-bit integer, or undefined for an unmasked frame.
 */
export function queueFrame(
  output: OutputQueue,
  firstByte: number,
  payload: Uint8Array,
  maskingKey: number | undefined,
): void {
  const { length } = payload;
  const offset = output.reserve(frameHeaderLength(length, maskingKey) + length);
  output.commit(writeFrame(output.buffer, offset, firstByte, payload, maskingKey, length));
}

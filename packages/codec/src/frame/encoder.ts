import { viewBytes } from "../bytes/bytes.ts";
import { applyMask, maskFromScratch, maskInto, maskingScratch } from "../mask/mask.ts";
import { Opcode } from "../opcode.ts";
import { standardTextCoding, type TextCoding, writeShortAscii } from "../utf8.ts";
import { FrameBit, frameHeaderLength, maxFrameHeaderLength, writeFrameHeader } from "./header.ts";

/** A loop copies up to this many bytes faster than `set` does. */
const loopCopyLength = 16;

/**
 * Encodes one frame into a buffer (RFC 6455 section 5.2). Does not check whether it is legal.
 *
 * @param out - Modified from `offset`; needs `frameHeaderLength(...) + payload.length` bytes there.
 * @param firstByte - `FrameBit.Fin`, `FrameBit.Rsv1` and the opcode.
 * @param payload - Borrowed, not modified: it is masked in `out`.
 * @param maskingKey - The key as one 32-bit integer, or undefined for an unmasked frame.
 * @param length - How many bytes of the payload to encode. Default: all. Another thread may make an
 *   array over growable shared memory longer at any time.
 * @returns Index after the frame.
 *
 * @example
 * const out = new Uint8Array(7);
 * encodeFrame(out, 0, FrameBit.Fin | Opcode.Binary, new Uint8Array(5), undefined); // 7
 */
export function encodeFrame(
  out: Uint8Array,
  offset: number,
  firstByte: number,
  payload: Uint8Array,
  maskingKey: number | undefined,
  length: number = payload.length,
): number {
  const start = writeFrameHeader(out, offset, firstByte, length, maskingKey);
  if (maskingKey !== undefined) maskInto(out, start, payload, 0, length, maskingKey, 0);
  else if (length > loopCopyLength) copyPayload(out, start, payload, length);
  else for (let i = 0; i < length; i++) out[start + i] = payload[i];
  return start + length;
}

/** Copies the first bytes of a payload, which may have grown meanwhile. */
function copyPayload(out: Uint8Array, start: number, payload: Uint8Array, length: number): void {
  // To compare the lengths first would not be enough.
  try {
    out.set(payload, start);
  } catch {
    out.set(viewBytes(payload, 0, length), start);
  }
}

/** The first byte of an unfragmented, uncompressed text message. */
export const textMessage = FrameBit.Fin | Opcode.Text;

/** A loop writes and masks up to this many UTF-16 code units faster than native code writes. */
const loopWriteLength = 40;
/**
 * Texts of up to this many UTF-16 code units are encoded in the masking scratch, from which SIMD
 * code masks them into the frame. They always fit: 3 bytes for each unit are less than its 32 KiB.
 */
const maxScratchTextLength = 10_000;

/**
 * The bytes of a text with more UTF-16 code units than this are counted. For a shorter one, the
 * worst case of 3 bytes for each unit is reserved.
 */
const countedTextLength = 4096;

/** Returns how many bytes `encodeTextFrame` needs at most. */
export function maxTextFrameLength(text: string, coding: TextCoding = standardTextCoding): number {
  const length = text.length > countedTextLength ? coding.utf8Length(text) : text.length * 3;
  return length + maxFrameHeaderLength;
}

/**
 * Encodes a text message as one frame into a buffer (RFC 6455 sections 5.2 and 5.6).
 *
 * @param out - Modified from `offset`; needs `maxTextFrameLength(text, coding)` bytes there.
 * @param text - A lone surrogate is sent as U+FFFD.
 * @param maskingKey - The key as one 32-bit integer, or undefined for an unmasked frame.
 * @param coding - Encodes the text as UTF-8.
 * @returns Index after the frame.
 */
export function encodeTextFrame(
  out: Uint8Array,
  offset: number,
  text: string,
  maskingKey: number | undefined,
  coding: TextCoding = standardTextCoding,
): number {
  if (maskingKey !== undefined) {
    const end = encodeMaskedText(out, offset, text, maskingKey, coding);
    if (end > 0) return end;
  }
  // Write the text where it belongs if it is ASCII, and move it in the rare case that its header is
  // longer. Counting its bytes first costs more: 0.85 ns for each character.
  const guess = offset + frameHeaderLength(text.length, maskingKey);
  const length = coding.writeUtf8(text, out, guess);
  const start = offset + frameHeaderLength(length, maskingKey);
  if (start !== guess) out.copyWithin(start, guess, guess + length);
  writeFrameHeader(out, offset, textMessage, length, maskingKey);
  if (maskingKey !== undefined) applyMask(out, start, start + length, maskingKey, 0);
  return start + length;
}

/**
 * Encodes a masked text in one pass: short ASCII by a loop, longer text in the masking scratch.
 *
 * @returns Index after the frame, or 0 if neither is possible. The contents of `out` from `offset`
 *   are then undefined.
 */
function encodeMaskedText(
  out: Uint8Array,
  offset: number,
  text: string,
  maskingKey: number,
  coding: TextCoding,
): number {
  if (text.length <= loopWriteLength) {
    const { length } = text;
    const start = writeFrameHeader(out, offset, textMessage, length, maskingKey);
    return writeShortAscii(text, out, start, maskingKey) ? start + length : 0;
  }
  const scratch = text.length > maxScratchTextLength ? undefined : maskingScratch();
  if (scratch === undefined) return 0;
  const length = coding.writeUtf8(text, scratch, 0);
  const start = writeFrameHeader(out, offset, textMessage, length, maskingKey);
  maskFromScratch(out, start, length, maskingKey);
  return start + length;
}

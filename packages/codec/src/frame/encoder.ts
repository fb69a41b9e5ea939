import { applyMask, maskFromScratch, maskInto, maskingScratch } from "../mask/mask.ts";
import { standardTextCoding, type TextCoding, writeShortAscii } from "../utf8.ts";
import { frameHeaderLength, maxFrameHeaderLength, writeFrameHeader } from "./header.ts";

/** Up to this many bytes a loop copies faster than a call of `set`. */
const loopCopyLength = 16;

/**
 * Encodes one frame into a caller's buffer (RFC 6455 section 5.2). Checks no rules.
 *
 * @param out - Modified from `offset`; needs `frameHeaderLength(...) + payload.length` bytes there.
 * @param opcode - 0 to 15.
 * @param payload - Borrowed, not modified: masking happens in `out`.
 * @param maskingKey - The key as one 32-bit integer, or undefined for a frame that is not masked.
 * @returns Index after the frame.
 *
 * @example
 * const out = new Uint8Array(7);
 * encodeFrame(out, 0, true, false, Opcode.Binary, new Uint8Array(5), undefined); // 7
 */
export function encodeFrame(
  out: Uint8Array,
  offset: number,
  fin: boolean,
  rsv1: boolean,
  opcode: number,
  payload: Uint8Array,
  maskingKey: number | undefined,
): number {
  const length = payload.length;
  const start = writeFrameHeader(out, offset, fin, rsv1, opcode, length, maskingKey);
  if (maskingKey !== undefined) maskInto(out, start, payload, 0, length, maskingKey, 0);
  else if (length > loopCopyLength) out.set(payload, start);
  else for (let i = 0; i < length; i++) out[start + i] = payload[i];
  return start + length;
}

/** Up to this many UTF-16 units a loop writes and masks faster than native code writes. */
const loopWriteLength = 40;
/** Up to this many UTF-16 units, a text is written where it can be masked by vectors: there it always fits. */
const maxBlockTextLength = 10_000;

/** Longer texts, in UTF-16 units, are counted instead of being given room for the worst case. */
const countedTextLength = 4096;

/**
 * Tells how much room `encodeTextFrame` needs at most.
 *
 * @returns Length in bytes.
 */
export function maxTextFrameLength(text: string, coding: TextCoding = standardTextCoding): number {
  const length = text.length > countedTextLength ? coding.utf8Length(text) : text.length * 3;
  return length + maxFrameHeaderLength;
}

/**
 * Encodes a text as one frame straight into a caller's buffer (RFC 6455 sections 5.2 and 5.6).
 *
 * @param out - Modified from `offset`; needs `maxTextFrameLength(text)` bytes there.
 * @param text - A lone surrogate is sent as U+FFFD.
 * @param maskingKey - The key as one 32-bit integer, or undefined for a frame that is not masked.
 * @returns Index after the frame.
 */
export function encodeTextFrame(
  out: Uint8Array,
  offset: number,
  fin: boolean,
  rsv1: boolean,
  opcode: number,
  text: string,
  maskingKey: number | undefined,
  coding: TextCoding = standardTextCoding,
): number {
  const masked = maskingKey !== undefined;
  if (masked) {
    const end = encodeMaskedText(out, offset, fin, rsv1, opcode, text, maskingKey, coding);
    if (end > 0) return end;
  }
  // Written behind room for the header that it has when it is ASCII, and moved when it needs a longer
  // one: that is rarer and cheaper than counting its bytes beforehand.
  const guess = offset + frameHeaderLength(text.length, masked);
  const length = coding.writeUtf8(text, out, guess);
  const start = offset + frameHeaderLength(length, masked);
  if (start !== guess) out.copyWithin(start, guess, guess + length);
  writeFrameHeader(out, offset, fin, rsv1, opcode, length, maskingKey);
  if (masked) applyMask(out, start, start + length, maskingKey, 0);
  return start + length;
}

/**
 * Encodes most masked texts, which need not be touched again once they are in `out`.
 *
 * @returns Index after the frame, or 0 when the text is none of these: then `out` may hold anything from `offset` on.
 */
function encodeMaskedText(
  out: Uint8Array,
  offset: number,
  fin: boolean,
  rsv1: boolean,
  opcode: number,
  text: string,
  maskingKey: number,
  coding: TextCoding,
): number {
  if (text.length <= loopWriteLength) {
    const { length } = text;
    const start = writeFrameHeader(out, offset, fin, rsv1, opcode, length, maskingKey);
    return writeShortAscii(text, out, start, maskingKey) ? start + length : 0;
  }
  const block = text.length > maxBlockTextLength ? undefined : maskingScratch();
  if (block === undefined) return 0;
  const length = coding.writeUtf8(text, block, 0);
  const start = writeFrameHeader(out, offset, fin, rsv1, opcode, length, maskingKey);
  maskFromScratch(out, start, length, maskingKey);
  return start + length;
}

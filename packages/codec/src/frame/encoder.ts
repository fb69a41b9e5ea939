import { applyMask, maskInto } from "../mask/mask.ts";
import { utf8Length, writeUtf8 } from "../utf8.ts";
import { frameHeaderLength, maxFrameHeaderLength, writeFrameHeader } from "./header.ts";

/** Up to this many bytes a loop copies faster than a call of `set`. */
const loopCopyLength = 48;

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

/** Longer texts, in UTF-16 units, are counted instead of being given room for the worst case. */
const countedTextLength = 4096;

/**
 * Tells how much room `encodeTextFrame` needs at most.
 *
 * @returns Length in bytes.
 */
export function maxTextFrameLength(text: string): number {
  const length = text.length > countedTextLength ? utf8Length(text) : text.length * 3;
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
): number {
  const masked = maskingKey !== undefined;
  const shortest = frameHeaderLength(text.length, masked);
  // Text is written first and its header after, so the length is only counted beforehand where
  // it decides how long that header is.
  const sure = shortest === frameHeaderLength(text.length * 3, masked);
  const headerLength = sure ? shortest : frameHeaderLength(utf8Length(text), masked);
  const start = offset + headerLength;
  const length = writeUtf8(text, out, start);
  writeFrameHeader(out, offset, fin, rsv1, opcode, length, maskingKey);
  if (masked) applyMask(out, start, start + length, maskingKey, 0);
  return start + length;
}

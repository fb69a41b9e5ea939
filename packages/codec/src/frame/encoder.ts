import { type Bytes, checkAttached, noBytes, viewBytes } from "../bytes/bytes.ts";
import { rangeError, shownValue, typeError } from "../errors.ts";
import { applyMask, maskFromScratch, maskInto, maskingScratch } from "../mask/mask.ts";
import { isControl, type Opcode } from "../opcode.ts";
import { encodeUtf8, standardTextCoding, type TextCoding, writeShortAscii } from "../utf8.ts";
import { frameHeaderLength, maxFrameHeaderLength, writeFrameHeader } from "./header.ts";

/** A loop copies up to this many bytes faster than `set` does. */
const loopCopyLength = 16;

/** A frame to encode; see `encodeFrame`. */
export interface FrameInit {
  /** Default: `Opcode.Text` for a string, `Opcode.Binary` for bytes. */
  readonly opcode?: Opcode;
  /**
   * A string is encoded as UTF-8. Bytes are borrowed and not modified: they are masked in the new
   * frame. Default: empty, as control frames mostly are.
   */
  readonly payload?: string | Uint8Array;
  /** false for a fragment that others follow. Default true: most messages are one frame. */
  readonly fin?: boolean;
  /** Whether RSV1 is set: the message is compressed (RFC 7692). Default false. */
  readonly rsv1?: boolean;
  /**
   * A 32-bit integer, its first octet most significant. Clients must mask each frame with an
   * unpredictable key (RFC 6455 section 5.3). Default: none, as servers must not mask.
   */
  readonly maskingKey?: number | undefined;
}

/**
 * Encodes one frame (RFC 6455 section 5.2).
 *
 * @returns New bytes.
 * @throws RangeError or TypeError with code `WS_ERR_INVALID_ARGUMENT` if the opcode, the masking key
 *   or the payload is none, or if a control frame is fragmented or longer than 125 bytes. Use
 *   `writeFrame` for frames that break the protocol.
 *
 * @example
 * encodeFrame({ payload: "Hello" }); // 81 05 48 65 6c 6c 6f
 * encodeFrame({ opcode: Opcode.Ping, maskingKey: 0x37fa213d }); // 89 80 37 fa 21 3d
 */
export function encodeFrame(frame: FrameInit): Bytes;
/** Encodes one frame into a buffer, without checks; see `writeFrame`. */
export function encodeFrame(
  out: Uint8Array,
  offset: number,
  firstByte: number,
  payload: Uint8Array,
  maskingKey?: number,
  length?: number,
): number;
export function encodeFrame(
  out: Uint8Array | FrameInit,
  offset?: number,
  firstByte = 0,
  bytes: Uint8Array = noBytes,
  key?: number,
  length: number = bytes.length,
): number | Bytes {
  if (offset !== undefined)
    return writeFrame(out as Uint8Array, offset, firstByte, bytes, key, length);
  const { payload = noBytes, fin = true, rsv1 = false, maskingKey } = out as FrameInit;
  const isText = typeof payload === "string";
  const { opcode = isText ? 1 : 2 } = out as FrameInit;
  const data = isText ? encodeUtf8(payload) : payload;
  if (!(data instanceof Uint8Array))
    throw typeError(invalid, `payload must be a string or a Uint8Array, got ${typeof data}`);
  if (data.length === 0) checkAttached(data);
  if (!legalOpcodes.includes(opcode))
    throw rangeError(invalid, `opcode must be 0, 1, 2, 8, 9 or 10, got ${shownValue(opcode)}`);
  if (maskingKey !== undefined && maskingKey >> 0 !== maskingKey && maskingKey >>> 0 !== maskingKey)
    throw rangeError(invalid, `maskingKey must be a 32-bit integer, got ${shownValue(maskingKey)}`);
  if (isControl(opcode) && !(fin && data.length <= 125))
    throw rangeError(invalid, "a control frame needs fin and at most 125 bytes");
  const frame = new Uint8Array(frameHeaderLength(data.length, maskingKey) + data.length);
  const first = (fin ? 0x80 : 0) | (rsv1 ? 0x40 : 0) | opcode;
  writeFrame(frame, 0, first, data, maskingKey);
  return frame;
}

const invalid = "WS_ERR_INVALID_ARGUMENT";
const legalOpcodes: readonly unknown[] = [0, 1, 2, 8, 9, 10];

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
 * writeFrame(out, 0, FrameBit.Fin | Opcode.Binary, new Uint8Array(5), undefined); // 7
 */
export function writeFrame(
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

/** The first byte of an unfragmented, uncompressed text message: FIN and the opcode. */
export const textMessage = 0x81;

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
  if (text.length > maxScratchTextLength) return 0;
  const scratch = maskingScratch();
  const length = coding.writeUtf8(text, scratch, 0);
  const start = writeFrameHeader(out, offset, textMessage, length, maskingKey);
  maskFromScratch(out, start, length, maskingKey);
  return start + length;
}

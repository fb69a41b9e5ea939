import { createSimdMask, type SimdMask } from "./simd.ts";

// Least lengths in bytes for masking by words and by SIMD, measured on V8 and JavaScriptCore. Words
// need a view of the bytes (15 to 25 ns, in JavaScriptCore 100 ns). SIMD needs the bytes copied
// into WebAssembly memory and back, and a view of them unless they are a whole frame of its own
// array. Bytes that are copied anyway therefore use SIMD sooner.
const wordThreshold = 112;
const simdThreshold = 384;
const simdWholeThreshold = 64;
const simdCopyThreshold = 40;
const simdPartThreshold = 160;

/** Length of the longest frame header in bytes. SIMD needs no view of the bytes behind one. */
const maxHeaderLength = 14;

/** Created when it is first needed. null if SIMD is not available. */
let simd: SimdMask | null | undefined;

function vectors(): SimdMask | null {
  if (simd === undefined) simd = createSimdMask() ?? null;
  return simd;
}

/**
 * Masks or unmasks bytes in place (RFC 6455 section 5.3). Byte `i` is combined by XOR with octet
 * `(i - start + phase) mod 4` of the key. The operation is its own inverse.
 *
 * @param bytes - Modified from `start` to `end`; not retained.
 * @param start - Index of the first byte.
 * @param end - Index after the last byte.
 * @param maskingKey - The four key octets as one 32-bit integer, first octet most significant.
 * @param phase - How many payload bytes of the frame precede `start`. Only its value mod 4 matters.
 * @returns Whether all of the bytes are ASCII now, so that text needs no validation.
 *
 * @example
 * const payload = new Uint8Array([0x7f, 0x9f, 0x4d, 0x51, 0x58]);
 * applyMask(payload, 0, 5, 0x37fa213d, 0); // "Hello" (section 5.7)
 */
export function applyMask(
  bytes: Uint8Array,
  start: number,
  end: number,
  maskingKey: number,
  phase: number,
): boolean {
  const length = end - start;
  const isWhole = end === bytes.length && start <= maxHeaderLength;
  if (length < (isWhole ? simdWholeThreshold : wordThreshold))
    return maskBytes(bytes, start, bytes, start, end, maskingKey, phase) < 0x80;
  const simd = length < simdThreshold && !isWhole ? null : vectors();
  if (simd !== null)
    return simd.maskInto(bytes, start, bytes, start, end, keyWord(maskingKey, phase));
  return maskWords(new WordView(bytes), start, end, maskingKey, phase);
}

/**
 * Copies bytes and masks or unmasks them while copying; see `applyMask`.
 *
 * @param target - Modified from `offset`. It may be `bytes` if `offset` is `start`, and must not
 *   overlap with it otherwise.
 * @param bytes - Borrowed, not modified; read from `start` to `end`.
 */
export function maskInto(
  target: Uint8Array,
  offset: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  maskingKey: number,
  phase: number,
): void {
  const length = end - start;
  const isWhole = end === bytes.length && start <= maxHeaderLength;
  if (length < (isWhole ? simdCopyThreshold : simdPartThreshold)) {
    maskBytes(target, offset, bytes, start, end, maskingKey, phase);
    return;
  }
  const simd = vectors();
  if (simd !== null) {
    simd.maskInto(target, offset, bytes, start, end, keyWord(maskingKey, phase));
    return;
  }
  target.set(bytes.subarray(start, end), offset);
  maskWords(new WordView(target), offset, offset + length, maskingKey, phase);
}

/**
 * Copies a part of a chunk, and masks or unmasks it while copying. Many parts of one chunk cost one
 * copy of the chunk. Call `endSlices` before the chunk changes.
 *
 * @param bytes - The chunk. Borrowed until `endSlices`, not modified; read from `start` to `end`.
 * @param maskingKey - 0 for unmasked bytes.
 * @returns A new array with memory of its own; undefined if the chunk has more than 32 KiB, or if
 *   SIMD is not available.
 */
export function maskedSlice(
  bytes: Uint8Array,
  start: number,
  end: number,
  maskingKey: number,
): Uint8Array | undefined {
  return vectors()?.slice(bytes, start, end, keyWord(maskingKey, 0));
}

/** Ends the use of a chunk by `maskedSlice`. */
export function endSlices(): void {
  simd?.forget();
}

/**
 * Returns scratch memory of 32 KiB, in which payloads are masked. Encoders may write a payload into
 * it and then call `maskFromScratch`. The next masking of any payload overwrites it.
 *
 * @returns undefined if SIMD is not available.
 */
export function maskingScratch(): Uint8Array | undefined {
  vectors()?.forget();
  return simd?.block;
}

/**
 * Masks a payload at the start of `maskingScratch` and copies it to `target`. Call it only if
 * `maskingScratch` is not undefined.
 *
 * @param target - Modified from `offset`.
 * @param length - In bytes.
 */
export function maskFromScratch(
  target: Uint8Array,
  offset: number,
  length: number,
  maskingKey: number,
): void {
  (simd as SimdMask).maskOut(target, offset, length, keyWord(maskingKey, 0));
}

/** Bytes and a view of their aligned 32-bit words. */
export class WordView {
  readonly bytes: Uint8Array;
  /** The buffer of `bytes`, kept here because reading it from an array takes V8 10 ns. */
  readonly buffer: ArrayBufferLike;
  /** Index in `bytes` of the first byte of the first word. */
  readonly lead: number;
  readonly words: Int32Array;

  /** @param bytes - Retained. */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.buffer = bytes.buffer;
    this.lead = -bytes.byteOffset & 3;
    const length = Math.max(bytes.length - this.lead, 0) >> 2;
    // Without a whole word, the aligned offset may lie beyond the end of the buffer.
    this.words = new Int32Array(
      this.buffer,
      length === 0 ? 0 : bytes.byteOffset + this.lead,
      length,
    );
  }
}

/**
 * Masks byte by byte.
 *
 * @returns The bitwise OR of all results.
 */
function maskBytes(
  target: Uint8Array,
  offset: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  maskingKey: number,
  phase: number,
): number {
  const key = rotateLeft(maskingKey, (phase & 3) * 8);
  const key0 = key >>> 24;
  const key1 = (key >>> 16) & 0xff;
  const key2 = (key >>> 8) & 0xff;
  const key3 = key & 0xff;
  let seen = 0;
  let at = start;
  let to = offset;
  for (const last = end - 3; at < last; at += 4, to += 4) {
    const byte0 = bytes[at] ^ key0;
    const byte1 = bytes[at + 1] ^ key1;
    const byte2 = bytes[at + 2] ^ key2;
    const byte3 = bytes[at + 3] ^ key3;
    target[to] = byte0;
    target[to + 1] = byte1;
    target[to + 2] = byte2;
    target[to + 3] = byte3;
    seen |= byte0 | byte1 | byte2 | byte3;
  }
  for (let rest = key; at < end; at++, to++, rest <<= 8) {
    const byte = bytes[at] ^ (rest >>> 24);
    target[to] = byte;
    seen |= byte;
  }
  return seen;
}

/** Masks bytes in place by 32-bit words; see `applyMask`. */
export function maskWords(
  view: WordView,
  start: number,
  end: number,
  maskingKey: number,
  phase: number,
): boolean {
  const { bytes, lead, words } = view;
  const limit = lead + words.length * 4;
  if (start >= lead && end <= limit) return maskWithin(view, start, end, maskingKey, phase);
  // Bytes before the first and after the last word are masked one by one.
  const from = Math.min(Math.max(start, lead), end);
  const to = Math.max(Math.min(end, limit), from);
  const seen =
    maskBytes(bytes, start, bytes, start, from, maskingKey, phase) |
    maskBytes(bytes, to, bytes, to, end, maskingKey, phase + to - start);
  return maskWithin(view, from, to, maskingKey, phase + from - start) && seen < 0x80;
}

/** Masks bytes within the view's words, possibly only parts of the first and last word. */
function maskWithin(
  { lead, words }: WordView,
  start: number,
  end: number,
  maskingKey: number,
  phase: number,
): boolean {
  const startOctet = (start - lead) & 3;
  const endOctet = (end - lead) & 3;
  const key = keyWord(maskingKey, phase - startOctet);
  let i = (start - lead) >> 2;
  const last = (end - lead) >> 2;
  // Selects the octets of a word to mask.
  let part = octetsFrom[startOctet];
  let seen = 0;
  if (i < last) {
    const word = words[i] ^ (key & part);
    words[i++] = word;
    seen = word & part;
    part = -1;
  }
  for (; i < last - 3; i += 4) {
    const word0 = words[i] ^ key;
    const word1 = words[i + 1] ^ key;
    const word2 = words[i + 2] ^ key;
    const word3 = words[i + 3] ^ key;
    words[i] = word0;
    words[i + 1] = word1;
    words[i + 2] = word2;
    words[i + 3] = word3;
    seen |= word0 | word1 | word2 | word3;
  }
  for (; i < last; i++) {
    const word = words[i] ^ key;
    words[i] = word;
    seen |= word;
  }
  if (endOctet !== 0) {
    part &= ~octetsFrom[endOctet];
    const word = words[last] ^ (key & part);
    words[last] = word;
    seen |= word & part;
  }
  return (seen & 0x8080_8080) === 0;
}

/** Tells whether all of the bytes from `start` to `end` are ASCII. */
export function isAscii({ bytes, lead, words }: WordView, start: number, end: number): boolean {
  const limit = lead + words.length * 4;
  let seen = 0;
  let at = start;
  // Bytes before the first and after the last word are checked one by one.
  for (const stop = Math.min(lead, end); at < stop; at++) seen |= bytes[at];
  const to = Math.max(Math.min(end, limit), at);
  for (let rest = to; rest < end; rest++) seen |= bytes[rest];
  if (seen >= 0x80) return false;
  let i = (at - lead) >> 2;
  const last = (to - lead) >> 2;
  let part = octetsFrom[(at - lead) & 3];
  let seenWords = 0;
  if (i < last) {
    seenWords = words[i++] & part;
    part = -1;
  }
  for (; i < last; i++) seenWords |= words[i];
  const endOctet = (to - lead) & 3;
  if (endOctet !== 0) seenWords |= words[last] & part & ~octetsFrom[endOctet];
  return (seenWords & 0x8080_8080) === 0;
}

/** The factors of a word's four bytes, in order of memory, for this machine's byte order. */
const [unit0, unit1, unit2, unit3] = new Int32Array(
  Uint8Array.of(1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1).buffer,
);

/** `octetsFrom[i]` selects a word's octets from the one at index `i` in memory. */
const octetsFrom = new Int32Array(
  Uint8Array.of(255, 255, 255, 255, 0, 255, 255, 255, 0, 0, 255, 255, 0, 0, 0, 255).buffer,
);

/** Returns the key as a machine word whose first byte in memory is the octet for `phase`. */
function keyWord(maskingKey: number, phase: number): number {
  const key = rotateLeft(maskingKey, (phase & 3) * 8);
  return (
    Math.imul(key >>> 24, unit0) |
    Math.imul((key >>> 16) & 0xff, unit1) |
    Math.imul((key >>> 8) & 0xff, unit2) |
    Math.imul(key & 0xff, unit3)
  );
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> ((32 - bits) & 31));
}

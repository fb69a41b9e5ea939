import { keyWord, maskBytes, rotateKey } from "./bytes.ts";

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
  const key = keyWord(rotateKey(maskingKey, phase - startOctet), firstShift);
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

/** By how many bits a word's first octet in memory is shifted: 0, or 24 on a big-endian machine. */
const firstShift = /* @__PURE__ */ (() => new Uint8Array(Uint32Array.of(0x1800_0000).buffer)[0])();

/** `octetsFrom[i]` selects a word's octets from the one at index `i` in memory. */
const octetsFrom = /* @__PURE__ */ (() => {
  const words = Int32Array.of(0, 8, 16, 24).map((bits) => keyWord(-1 >>> bits, firstShift));
  // V8 reads an array over a buffer faster than one without.
  return new Int32Array(words.buffer);
})();

import { createMaskingBlock, type MaskingBlock } from "./block.ts";
import { keyWord, maskBytes, rotateKey } from "./bytes.ts";
import { maskWords, WordView } from "./words.ts";

// Least lengths in bytes for masking by words and in the block, measured on V8 and JavaScriptCore.
// Words need a view of the bytes (15 to 25 ns, in JavaScriptCore 100 ns). The block needs the bytes
// copied into it and back, and a view of them unless they are a whole frame of its own array. Bytes
// that are copied anyway therefore use it sooner.
const wordThreshold = 112;
const blockThreshold = 384;
const blockWholeThreshold = 64;
const blockCopyThreshold = 40;
const blockPartThreshold = 160;

const scratchLength = 32_768;
/**
 * How many bytes of a long payload are masked at a time. Block and payload stay in a first-level
 * cache of 48 KiB: 32 KiB at a time take 1.4 times as long.
 */
const blockLength = 16_384;
/** Up to this length in bytes, the end of a payload is one block: two cost more. */
const maxLastBlockLength = 20_480;
/** Index of the scratch memory in the block. A frame's header fits before it. */
const scratchStart = 16;
/** Length of the longest frame header in bytes. */
const maxHeaderLength = 14;
/**
 * Length of the longest chunk in bytes of which parts are sliced. WebAssembly masks 16 bytes at a
 * time, so it reads up to 15 bytes after a part, which must be within its memory of 64 KiB.
 */
const longestSliced = 65_521;
/** Views of up to this many bytes are kept, because making one costs as much as masking. */
const longestViewed = 1_024;

/** Created when it is first needed, as all that follows. */
let block: MaskingBlock | undefined;
let scratch: Uint8Array;
/** A view of the first `blockLength` bytes of `scratch`. */
let fullBlock: Uint8Array;
/** `views[n]` is a view of the first `n` bytes of `scratch`. */
let views: (Uint8Array | undefined)[];
/** `headed[n]` is the scratch memory and the `n` bytes before it. */
let headed: (Uint8Array | undefined)[];
/** The chunk that was copied to the block for `maskedSlice`, if nothing was written there since. */
let sliced: Uint8Array | undefined;

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
  if (length < (isWhole ? blockWholeThreshold : wordThreshold))
    return maskBytes(bytes, start, bytes, start, end, maskingKey, phase) < 0x80;
  return length < blockThreshold && !isWhole
    ? maskWords(new WordView(bytes), start, end, maskingKey, phase)
    : maskBlocks(bytes, start, bytes, start, end, maskingKey, phase);
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
  if (length < (isWhole ? blockCopyThreshold : blockPartThreshold))
    maskBytes(target, offset, bytes, start, end, maskingKey, phase);
  else maskBlocks(target, offset, bytes, start, end, maskingKey, phase);
}

/**
 * Copies a part of a chunk, and masks or unmasks it while copying. Many parts of one chunk cost one
 * copy of the chunk. Call `endSlices` before the chunk changes.
 *
 * @param bytes - The chunk. Borrowed until `endSlices`, not modified; read from `start` to `end`.
 * @param maskingKey - 0 for unmasked bytes.
 * @returns A new array with memory of its own; undefined if the chunk has more than 65,521 bytes or has
 *   lost its memory.
 */
export function maskedSlice(
  bytes: Uint8Array,
  start: number,
  end: number,
  maskingKey: number,
): Uint8Array<ArrayBuffer> | undefined {
  const { bytes: memory, mask } = usedBlock();
  if (bytes.length > longestSliced || end > bytes.length) return undefined;
  if (sliced !== bytes) {
    memory.set(bytes);
    sliced = bytes;
  }
  if (maskingKey !== 0) mask(start, end, keyWord(maskingKey, 0));
  return memory.slice(start, end);
}

/** Ends the use of a chunk by `maskedSlice`. */
export function endSlices(): void {
  sliced = undefined;
}

/**
 * Returns scratch memory of 32 KiB, in which payloads are masked. Encoders may write a payload into
 * it and then call `maskFromScratch`. The next masking of any payload overwrites it.
 */
export function maskingScratch(): Uint8Array {
  usedBlock();
  sliced = undefined;
  return scratch;
}

function usedBlock(): MaskingBlock {
  if (block !== undefined) return block;
  block = createMaskingBlock();
  scratch = block.bytes.subarray(scratchStart, scratchStart + scratchLength);
  fullBlock = scratch.subarray(0, blockLength);
  views = new Array(longestViewed + 1).fill(undefined);
  headed = new Array(maxHeaderLength + 1).fill(undefined);
  return block;
}

/**
 * Masks a payload at the start of `maskingScratch` and copies it to `target`. Call `maskingScratch`
 * before.
 *
 * @param target - Modified from `offset`.
 * @param length - In bytes, at most 32 KiB.
 * @param maskingKey - The key's first octet is the one for the payload's first byte.
 * @returns Whether all of the bytes are ASCII now.
 */
export function maskFromScratch(
  target: Uint8Array,
  offset: number,
  length: number,
  maskingKey: number,
): boolean {
  const { mask } = block as MaskingBlock;
  const seen = mask(scratchStart, scratchStart + length, keyWord(maskingKey, 0));
  target.set(length === blockLength ? fullBlock : startOfScratch(length), offset);
  return seen === 0;
}

function startOfScratch(length: number): Uint8Array {
  if (length > longestViewed) return scratch.subarray(0, length);
  const view = views[length] ?? scratch.subarray(0, length);
  views[length] = view;
  return view;
}

function maskBlocks(
  target: Uint8Array,
  offset: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  maskingKey: number,
  phase: number,
): boolean {
  maskingScratch();
  const key = rotateKey(maskingKey, phase);
  let isAscii = true;
  for (let at = start, to = offset; at < end; ) {
    const left = end - at;
    const length = left <= maxLastBlockLength ? left : blockLength;
    copyToScratch(bytes, at, at + length);
    if (!maskFromScratch(target, to, length, key)) isAscii = false;
    at += length;
    to += length;
  }
  return isAscii;
}

/** Copies a whole frame without a view of it: its header goes before the scratch memory. */
function copyToScratch(bytes: Uint8Array, start: number, end: number): void {
  if (end < bytes.length || start > maxHeaderLength) scratch.set(bytes.subarray(start, end));
  else scratchBehind(start).set(bytes);
}

function scratchBehind(headerLength: number): Uint8Array {
  const { bytes } = block as MaskingBlock;
  headed[headerLength] ??= bytes.subarray(
    scratchStart - headerLength,
    scratchStart + scratchLength,
  );
  return headed[headerLength];
}

import { blockLength, createMaskingBlock, type MaskingBlock } from "./block.ts";
import { keyWord, maskBytes, rotateKey } from "./bytes.ts";
import { maskWords, WordView } from "./words.ts";

// Least lengths in bytes for masking by words and in the block, measured on V8 and JavaScriptCore.
// Words need a view of the bytes (15 to 25 ns, in JavaScriptCore 100 ns). The block needs the bytes
// copied into it and back. Bytes that are copied anyway therefore use it sooner, above all if that
// needs no view of a part of an array.
const wordThreshold = 112;
const blockThreshold = 384;
const blockCopyThreshold = 40;
const blockPartThreshold = 160;

/** Views of up to this many bytes are kept, because making one costs as much as masking. */
const longestViewed = 1_024;

/** Created when it is first needed. */
let block: MaskingBlock | undefined;
/** `views[n]` is a view of the first `n` bytes of the block, created when it is first needed. */
let views: (Uint8Array | undefined)[];

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
  if (length < wordThreshold)
    return maskBytes(bytes, start, bytes, start, end, maskingKey, phase) < 0x80;
  return length < blockThreshold
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
  if (length < (length === bytes.length ? blockCopyThreshold : blockPartThreshold))
    maskBytes(target, offset, bytes, start, end, maskingKey, phase);
  else maskBlocks(target, offset, bytes, start, end, maskingKey, phase);
}

/**
 * Returns scratch memory of 32 KiB, in which payloads are masked. Encoders may write a payload into
 * it and then call `maskFromScratch`. The next masking of any payload overwrites it.
 */
export function maskingScratch(): Uint8Array {
  if (block === undefined) {
    block = createMaskingBlock();
    views = new Array(longestViewed + 1).fill(undefined);
  }
  return block.bytes;
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
  const { bytes, mask } = block as MaskingBlock;
  const seen = mask(length, keyWord(maskingKey, 0));
  const view = views[length] ?? bytes.subarray(0, length);
  if (length <= longestViewed) views[length] = view;
  target.set(view, offset);
  return seen === 0;
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
  const scratch = maskingScratch();
  const key = rotateKey(maskingKey, phase);
  let isAscii = true;
  for (let at = start, to = offset; at < end; at += blockLength, to += blockLength) {
    const length = Math.min(end - at, blockLength);
    scratch.set(length === bytes.length ? bytes : bytes.subarray(at, at + length));
    if (!maskFromScratch(target, to, length, key)) isAscii = false;
  }
  return isAscii;
}

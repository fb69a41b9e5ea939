/** From here on 32-bit words pay for the view that they need (measured on V8 and JavaScriptCore). */
const wordThreshold = 128;

/**
 * Masks or unmasks bytes in place (RFC 6455 section 5.3): `bytes[i] ^= key octet ((i - start + phase) mod 4)`.
 * The operation is its own inverse.
 *
 * @param bytes - Modified between `start` and `end`; not retained.
 * @param start - Index of the first byte.
 * @param end - Index after the last byte.
 * @param maskingKey - The four key octets as one 32-bit integer, first octet most significant.
 * @param phase - How many payload bytes of the frame came before `start`; only its value mod 4 counts.
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
): void {
  if (end - start < wordThreshold) {
    maskBytes(bytes, start, end, maskingKey, phase);
    return;
  }
  const misalignment = (bytes.byteOffset + start) & 3;
  const wordStart = misalignment === 0 ? start : start + 4 - misalignment;
  maskBytes(bytes, start, wordStart, maskingKey, phase);

  const wordCount = (end - wordStart) >> 2;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset + wordStart, wordCount);
  const word = keyWord(maskingKey, phase + wordStart - start);
  for (let i = 0; i < wordCount; i++) words[i] ^= word;

  const wordEnd = wordStart + wordCount * 4;
  maskBytes(bytes, wordEnd, end, maskingKey, phase + wordEnd - start);
}

function maskBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  maskingKey: number,
  phase: number,
): void {
  // The key is rotated so that its octet for `start` is the most significant one.
  let key = rotateLeft(maskingKey, (phase & 3) * 8);
  for (let i = start; i < end; i++) {
    bytes[i] ^= key >>> 24;
    key = rotateLeft(key, 8);
  }
}

const keyOctets = new Uint8Array(4);
const keyWords = new Int32Array(keyOctets.buffer);

/** The key as a machine word whose first byte in memory is the octet for `phase`, in any byte order. */
function keyWord(maskingKey: number, phase: number): number {
  const key = rotateLeft(maskingKey, (phase & 3) * 8);
  keyOctets[0] = key >>> 24;
  keyOctets[1] = key >>> 16;
  keyOctets[2] = key >>> 8;
  keyOctets[3] = key;
  return keyWords[0];
}

function rotateLeft(value: number, bits: number): number {
  return (value << bits) | (value >>> ((32 - bits) & 31));
}

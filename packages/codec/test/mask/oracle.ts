/**
 * Section 5.3: octet i of the transformed data is the XOR of octet i of the original data with
 * octet i modulo 4 of the masking key.
 */
export function maskByLoop(
  data: Uint8Array,
  start: number,
  end: number,
  key: readonly number[],
  phase: number,
): Uint8Array {
  return data.map((octet, i) =>
    i >= start && i < end ? octet ^ key[(i - start + phase) % 4] : octet,
  );
}

export function keyNumber(key: readonly number[]): number {
  return (key[0] << 24) | (key[1] << 16) | (key[2] << 8) | key[3];
}

export const keyOctets = [0xde, 0xad, 0xbe, 0xef];

/** Whether `data` is `before` with the octets from `start` to `end` masked. */
export function isMasked(
  data: Uint8Array,
  before: Uint8Array,
  start: number,
  end: number,
  phase: number,
): boolean {
  for (let i = 0; i < data.length; i++) {
    const octet = i >= start && i < end ? keyOctets[(i - start + phase) % 4] : 0;
    if (data[i] !== (before[i] ^ octet)) return false;
  }
  return true;
}

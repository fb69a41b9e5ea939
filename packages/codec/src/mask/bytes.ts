/**
 * Copies bytes and masks them one by one; see `maskInto`.
 *
 * @returns The bitwise OR of all results.
 */
export function maskBytes(
  target: Uint8Array,
  offset: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  maskingKey: number,
  phase: number,
): number {
  const key = rotateKey(maskingKey, phase);
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

/** Turns a masking key so that its most significant octet is the one for `phase`. */
export function rotateKey(maskingKey: number, phase: number): number {
  const bits = (phase & 3) * 8;
  return (maskingKey << bits) | (maskingKey >>> (-bits & 31));
}

/**
 * Puts a key's octets into the order of a word in memory.
 *
 * @param key - The first octet most significant.
 * @param firstShift - By how many bits the first octet is shifted: 0, or 24 to change nothing.
 */
export function keyWord(key: number, firstShift: number): number {
  return (
    ((key >>> 24) << firstShift) |
    (((key >>> 16) & 0xff) << (firstShift ^ 8)) |
    (((key >>> 8) & 0xff) << (firstShift ^ 16)) |
    ((key & 0xff) << (firstShift ^ 24))
  );
}

/** Makes frames in advance (RFC 6455 section 5.2). */

export type PayloadKind = "binary" | "text" | "mixed text";

const encoder = new TextEncoder();

/** Makes a payload of ASCII letters, or for mixed text of characters of one to four bytes each. */
export function makePayload(kind: PayloadKind, length: number): Uint8Array {
  const payload = new Uint8Array(length);
  if (kind !== "mixed text") return payload.map((_, i) => 0x61 + (i % 26));
  const unit = encoder.encode("naïve €5 𝄞, ");
  let end = 0;
  for (; end + unit.length <= length; end += unit.length) payload.set(unit, end);
  return payload.fill(0x2e, end);
}

/**
 * Makes an unfragmented frame.
 *
 * @param maskingKey - Four octets, or undefined for an unmasked frame.
 */
export function makeFrame(
  opcode: number,
  payload: Uint8Array,
  maskingKey: readonly number[] | undefined,
): Uint8Array {
  const { length } = payload;
  const head = [0x80 | opcode, maskingKey === undefined ? 0 : 0x80];
  if (length < 126) head[1] |= length;
  else if (length < 65_536) {
    head[1] |= 126;
    head.push(length >>> 8, length & 0xff);
  } else {
    head[1] |= 127;
    head.push(0, 0, 0, 0, length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff);
    head.push(length & 0xff);
  }
  if (maskingKey !== undefined) head.push(...maskingKey);
  const frame = new Uint8Array(head.length + length);
  frame.set(head);
  frame.set(payload, head.length);
  if (maskingKey !== undefined) {
    for (let i = 0; i < length; i++) frame[head.length + i] ^= maskingKey[i & 3];
  }
  return frame;
}

/** Repeats bytes. */
export function repeat(bytes: Uint8Array, times: number): Uint8Array {
  const all = new Uint8Array(bytes.length * times);
  for (let i = 0; i < times; i++) all.set(bytes, i * bytes.length);
  return all;
}

export function opcodeOf(kind: PayloadKind): number {
  return kind === "binary" ? 2 : 1;
}

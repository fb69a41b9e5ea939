/** Parses bytes as the RFC writes them in its examples: "81 05 48". */
export function bytes(hexDigits: string): Uint8Array {
  const digits = hexDigits.replaceAll(/\s/g, "");
  const result = new Uint8Array(digits.length / 2);
  for (let i = 0; i < result.length; i++) {
    result[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  }
  return result;
}

const byteDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Formats bytes as hexadecimal digits, so that a failed comparison is readable. */
export function hex(data: Uint8Array | readonly number[]): string {
  let digits = "";
  for (let i = 0; i < data.length; i++) digits += byteDigits[data[i]];
  return digits;
}

export function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

export function concat(parts: Iterable<Uint8Array>): Uint8Array {
  const list = [...parts];
  const result = new Uint8Array(list.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of list) {
    result.set(part, offset);
    offset += part.length;
  }
  return result;
}

/**
 * Cuts bytes into chunks of the given sizes, which are repeated until no bytes are left.
 * Each chunk is a copy, because the receiver unmasks it in place.
 */
export function cut(data: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  let offset = 0;
  for (let turn = 0; offset < data.length; turn++) {
    const size = Math.max(1, sizes[turn % sizes.length]);
    chunks.push(data.slice(offset, offset + size));
    offset += size;
  }
  return chunks;
}

/** Pseudo-random bytes, so that a shifted copy does not compare equal. */
export function pattern(length: number, seed = 1): Uint8Array {
  const result = new Uint8Array(length);
  for (let i = 0, value = seed; i < length; i++) {
    value = (Math.imul(value, 1_103_515_245) + 12_345) | 0;
    result[i] = value >>> 16;
  }
  return result;
}

/** Detaches the buffer of `data`, as `postMessage` can. The length of `data` is 0 afterwards. */
export function transfer(data: Uint8Array): void {
  structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] });
}

type Resizable = ArrayBuffer & { resize(length: number): void };

/** Returns a resizable buffer. Its maximum length is twice `length`. */
export function resizableBuffer(length: number): ArrayBuffer {
  // TypeScript's ES2022 library does not declare the second parameter.
  const Make = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
  return new Make(length, { maxByteLength: length * 2 });
}

export function resize(buffer: ArrayBufferLike, length: number): void {
  (buffer as Resizable).resize(length);
}

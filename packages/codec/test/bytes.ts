/** Reads bytes as they stand in the RFC's examples: "81 05 48". */
export function bytes(hexDigits: string): Uint8Array {
  const digits = hexDigits.replaceAll(/\s/g, "");
  const result = new Uint8Array(digits.length / 2);
  for (let i = 0; i < result.length; i++) {
    result[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  }
  return result;
}

const byteDigits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Writes bytes as hexadecimal digits, so that a failed comparison can be read. */
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
 * Cuts bytes into chunks of the given sizes, which are used in turn for as long as bytes are left.
 * Each chunk has memory of its own: the receiver unmasks it in place.
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

/** Bytes that differ from their neighbours, so that a shifted copy is not taken for the right one. */
export function pattern(length: number, seed = 1): Uint8Array {
  const result = new Uint8Array(length);
  for (let i = 0, value = seed; i < length; i++) {
    value = (Math.imul(value, 1_103_515_245) + 12_345) | 0;
    result[i] = value >>> 16;
  }
  return result;
}

/** Gives the memory of bytes away, as `postMessage` does: their length is 0 then. */
export function transfer(data: Uint8Array): void {
  structuredClone(data.buffer, { transfer: [data.buffer as ArrayBuffer] });
}

type Resizable = ArrayBuffer & { resize(length: number): void };

/** A buffer whose length can be changed, up to twice of what it is. */
export function resizableBuffer(length: number): ArrayBuffer {
  // TypeScript's library for ES2022 does not know the second parameter.
  const Make = ArrayBuffer as unknown as new (length: number, options: object) => ArrayBuffer;
  return new Make(length, { maxByteLength: length * 2 });
}

export function resize(buffer: ArrayBufferLike, length: number): void {
  (buffer as Resizable).resize(length);
}

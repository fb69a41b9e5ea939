import { typeError } from "../errors.ts";

/**
 * A `Uint8Array` whose memory is an `ArrayBuffer`, never shared memory, so that it fits where the
 * platform takes bytes: `new Blob([bytes])` compiles. From TypeScript 5.7 on it is
 * `Uint8Array<ArrayBuffer>`, before that `Uint8Array`, which had no parameter.
 */
export type Bytes = ReturnType<Uint8ArrayConstructor["of"]>;

/** The empty array. It may be shared, because an array without elements cannot be modified. */
export const noBytes: Bytes = /* @__PURE__ */ new Uint8Array(0);

/**
 * Makes a view of bytes.
 *
 * @param bytes - Shares its memory with the view.
 * @returns A plain `Uint8Array`, even if `bytes` is a Node `Buffer`.
 */
export function viewBytes(bytes: Bytes, start: number, end: number): Bytes;
export function viewBytes(bytes: Uint8Array, start: number, end: number): Uint8Array;
export function viewBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

/**
 * Copies received bytes for the user to keep. A view would keep the whole chunk alive.
 *
 * @param bytes - Borrowed, not modified; read from `start` to `end`.
 * @returns A plain `Uint8Array` with memory of its own, even if `bytes` is a Node `Buffer`.
 */
export function copyBytes(bytes: Uint8Array, start: number, end: number): Bytes {
  const length = end - start;
  const copy = new Uint8Array(length);
  if (length < 64) for (let i = 0; i < length; i++) copy[i] = bytes[start + i];
  else copy.set(bytes.subarray(start, end));
  return copy;
}

/**
 * Concatenates two pieces.
 *
 * @param first - Borrowed, not modified.
 * @param second - Borrowed, not modified.
 * @returns New bytes.
 */
export function joinBytes(first: Uint8Array, second: Uint8Array): Bytes {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/**
 * Checks that an empty array still has its memory. An array whose memory was transferred, or has
 * shrunk so that the array lies outside, has length 0, but was not meant to be empty.
 *
 * @throws TypeError if its memory was transferred or has shrunk.
 */
export function checkAttached(data: string | Uint8Array): void {
  if (typeof data === "string") return;
  try {
    data.at(0); // throws if the array has lost its memory
  } catch {
    const message = "the memory of the bytes to send was transferred or has shrunk";
    throw typeError("WS_ERR_DETACHED_BYTES", message);
  }
}

/** Tells whether only a transfer can change an array's length: its memory cannot be resized. */
export function hasFixedLength({ buffer }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && (buffer as { resizable?: boolean }).resizable !== true;
}

/** Shorter arrays are left to the garbage collector. */
const minFreedLength = 4_096;

/**
 * Frees the memory of an array that nobody uses any more. Engines collect large arrays late: while
 * messages of many connections grow, the arrays that they have outgrown would take several times
 * the memory of the messages.
 *
 * @param bytes - Its `ArrayBuffer` is detached, if the engine has `ArrayBuffer.prototype.transfer`.
 */
export function freeBytes({ buffer, byteLength }: Uint8Array): void {
  if (byteLength < minFreedLength || !(buffer instanceof ArrayBuffer)) return;
  (buffer as { transfer?: (length: number) => unknown }).transfer?.(0);
}

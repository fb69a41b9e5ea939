import { typeError } from "../errors.ts";

/** The empty array. Shared, because an array cannot be changed when it has no elements. */
export const noBytes = new Uint8Array(0);

/**
 * Shows some bytes where they are.
 *
 * @param bytes - Its memory is shared with what is returned.
 * @returns A plain `Uint8Array`, also when `bytes` is a Node `Buffer`.
 */
export function viewBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset + start, end - start);
}

/**
 * Copies received bytes for a user to keep: never a view, which would pin the whole chunk.
 *
 * @param bytes - Borrowed, not modified; read from `start` to `end`.
 * @returns A `Uint8Array` with memory of its own, also when `bytes` is a Node `Buffer`.
 */
export function copyBytes(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const length = end - start;
  const copy = new Uint8Array(length);
  if (length < 64) for (let i = 0; i < length; i++) copy[i] = bytes[start + i];
  else copy.set(bytes.subarray(start, end));
  return copy;
}

/**
 * Joins two pieces.
 *
 * @param first - Borrowed, not modified.
 * @param second - Borrowed, not modified.
 * @returns New bytes.
 */
export function joinBytes(first: Uint8Array, second: Uint8Array): Uint8Array {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}

/**
 * Checks that there still is memory behind an empty array: otherwise it was not meant to be empty.
 *
 * @throws TypeError when it has been transferred away.
 */
export function checkAttached(data: string | Uint8Array): void {
  if (typeof data === "string" || !(data.buffer as { detached?: boolean }).detached) return;
  throw typeError("WS_ERR_DETACHED_BYTES", "the memory of the bytes to send was transferred away");
}

/** Whether an array keeps its length for as long as its memory is not transferred. Others can be resized. */
export function hasFixedLength({ buffer }: Uint8Array): boolean {
  return buffer instanceof ArrayBuffer && (buffer as { resizable?: boolean }).resizable !== true;
}

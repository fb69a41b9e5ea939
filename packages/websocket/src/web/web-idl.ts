import { isBlob } from "../runtime/blob.ts";
import type { OutgoingMessage } from "./outbox.ts";

/** Gives a class the properties that Web IDL gives an interface. Returns the class. */
export function describeClass<Class extends { readonly name: string; readonly prototype: object }>(
  described: Class,
  constants: Readonly<Record<string, number>> = {},
): Class {
  const { name, prototype } = described;
  for (const member of Object.getOwnPropertyNames(prototype)) {
    if (member !== "constructor") Object.defineProperty(prototype, member, { enumerable: true });
  }
  const tag = { value: name, configurable: true };
  Object.defineProperty(prototype, Symbol.toStringTag, tag);
  for (const [key, value] of Object.entries(constants)) {
    const constant = { value, enumerable: true };
    Object.defineProperty(described, key.toUpperCase(), constant);
    Object.defineProperty(prototype, key.toUpperCase(), constant);
  }
  return described;
}

/** Converts a value to `[Clamp] unsigned short` as Web IDL does: ties are rounded to even. */
export function clampToShort(value: unknown): number {
  const number = Math.min(Math.max(Number(+(value as number)), 0), 65_535);
  if (Number.isNaN(number)) return 0;
  const floor = Math.floor(number);
  const rest = number - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/**
 * Converts a value to `[EnforceRange] unsigned short` as Web IDL does.
 *
 * @throws TypeError if it is out of range.
 */
export function enforceShort(value: unknown, name: string): number {
  const number = Math.trunc(Number(value));
  if (number >= 0 && number <= 65_535) return number + 0;
  throw new TypeError(`${name} must be an integer from 0 to 65535, got ${String(value)}`);
}

/** Converts a value to `(BufferSource or Blob or USVString)`. Memory may be shared. */
export function toMessage(data: unknown): OutgoingMessage {
  if (typeof data === "string" || isBlob(data)) return data;
  if (ArrayBuffer.isView(data)) {
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (isBuffer(data)) return new Uint8Array(data);
  return `${data}`;
}

/**
 * Converts a chunk of a `WebSocketStream` to `(BufferSource or USVString)`.
 *
 * @throws TypeError for a symbol, or bytes in memory that is shared or can be resized.
 */
export function toChunk(chunk: unknown): string | Uint8Array {
  const isView = ArrayBuffer.isView(chunk);
  if (!isView && !isBuffer(chunk)) return toWellFormed(`${chunk}`);
  const buffer = isView ? chunk.buffer : chunk;
  if (!(buffer instanceof ArrayBuffer) || (buffer as { resizable?: boolean }).resizable === true) {
    throw new TypeError("bytes to write must not be in memory that is shared or can be resized");
  }
  return isView
    ? new Uint8Array(buffer, chunk.byteOffset, chunk.byteLength)
    : new Uint8Array(buffer);
}

function isBuffer(data: unknown): data is ArrayBuffer {
  if (data instanceof ArrayBuffer) return true;
  return typeof SharedArrayBuffer !== "undefined" && data instanceof SharedArrayBuffer;
}

/** Replaces surrogates without a partner by U+FFFD. */
export function toWellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

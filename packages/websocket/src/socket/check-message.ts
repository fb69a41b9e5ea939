import { PreparedMessage } from "@framewright/codec";
import { typeError } from "@framewright/codec/internal";
import { isBlob, type UsedBlob } from "../runtime/blob.ts";

/** A message to send whose bytes are there. */
export type CheckedMessage = string | Uint8Array | PreparedMessage;

/**
 * Validates a message to send.
 *
 * @returns The message, with bytes of any other kind as a view.
 * @throws TypeError if `data` is not a message, or its memory was transferred.
 */
export function checkMessage(data: unknown): CheckedMessage {
  if (typeof data === "string" || data instanceof Uint8Array) return data;
  if (data instanceof PreparedMessage) return data;
  const bytes = bytesOf(data);
  if (bytes !== undefined) return bytes;
  const hint = isBlob(data) ? ": await its arrayBuffer() first" : "";
  const message = `a message must be a string or bytes, got ${kindOf(data)}${hint}`;
  throw typeError("WS_ERR_INVALID_ARGUMENT", message);
}

/** As `checkMessage`, but also takes a `Blob`. */
export function checkSendable(data: unknown): CheckedMessage | UsedBlob {
  return isBlob(data) ? data : checkMessage(data);
}

/**
 * Validates bytes.
 *
 * @param name - What they are, for the message of the error.
 * @throws TypeError if `data` is no bytes, or their memory was transferred.
 */
export function checkBytes(data: unknown, name: string): Uint8Array {
  const bytes = bytesOf(data);
  if (bytes !== undefined) return bytes;
  throw typeError("WS_ERR_INVALID_ARGUMENT", `${name} must be bytes, got ${kindOf(data)}`);
}

/**
 * Returns a view of the bytes of an `ArrayBuffer` or of any view, also one of another realm. Memory
 * may be shared. Undefined for anything else.
 *
 * @throws TypeError if the memory was transferred or has shrunk.
 */
export function bytesOf(data: unknown): Uint8Array | undefined {
  if (data instanceof Uint8Array) return data;
  const isView = ArrayBuffer.isView(data);
  if (!isView && !isBuffer(data)) return undefined;
  try {
    // The getters of a `DataView` throw too.
    return isView
      ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
      : new Uint8Array(data);
  } catch {
    const message = "the memory of the bytes to send was transferred or has shrunk";
    throw typeError("WS_ERR_DETACHED_BYTES", message);
  }
}

function isBuffer(data: unknown): data is ArrayBufferLike {
  if (data instanceof ArrayBuffer) return true;
  return typeof SharedArrayBuffer !== "undefined" && data instanceof SharedArrayBuffer;
}

/** Names what was passed instead of bytes. */
function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === null ? "null" : typeof value;
  return Object.prototype.toString.call(value).slice(8, -1);
}

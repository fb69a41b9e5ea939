import { PreparedMessage } from "@framewright/codec";
import { typeError } from "@framewright/codec/internal";

/**
 * Validates a message to send.
 *
 * @returns The message, with an `ArrayBuffer` wrapped in a view.
 * @throws TypeError if `data` is not a message.
 */
export function checkMessage(data: unknown): string | Uint8Array | PreparedMessage {
  if (typeof data === "string" || data instanceof Uint8Array) return data;
  if (data instanceof PreparedMessage) return data;
  if (data instanceof ArrayBuffer) return viewOf(data);
  throw typeError(
    "WS_ERR_INVALID_ARGUMENT",
    `a message must be a string, Uint8Array or ArrayBuffer, got ${typeof data}`,
  );
}

function viewOf(buffer: ArrayBuffer): Uint8Array {
  try {
    return new Uint8Array(buffer);
  } catch {
    const message = "the memory of the bytes to send was transferred";
    throw typeError("WS_ERR_DETACHED_BYTES", message);
  }
}

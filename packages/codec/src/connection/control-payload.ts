import { checkAttached } from "../bytes/check-attached.ts";
import { rangeError, typeError } from "../errors.ts";
import { maxControlPayloadLength } from "../frame/rules.ts";

/**
 * Checks the payload of a Ping or Pong (RFC 6455 section 5.5). The length of its frame would not be
 * that of its payload otherwise.
 *
 * @param kind - "ping" or "pong", for the message of the error.
 * @throws RangeError if it is longer than 125 bytes, TypeError if it is no `Uint8Array` or has lost
 *   its memory.
 */
export function checkControlPayload(kind: string, payload: unknown): void {
  const code = "WS_ERR_INVALID_ARGUMENT";
  if (!(payload instanceof Uint8Array)) {
    throw typeError(code, `a ${kind} payload must be a Uint8Array, got ${typeof payload}`);
  }
  if (payload.length > maxControlPayloadLength) {
    const { length } = payload;
    throw rangeError(code, `a ${kind} payload must be at most 125 bytes, got ${length}`);
  }
  if (payload.length === 0) checkAttached(payload);
}

import type { ClosePayload } from "../close-payload.ts";
import { isSendableStatusCode, StatusCode } from "../status-code.ts";
import { type Fault, faultOf, rules } from "./fault.ts";
import { lenientText, TextCheck } from "./text-check.ts";

/**
 * Reads the payload of a Close frame, legal or not (RFC 6455 section 5.5.1).
 *
 * @param payload - Unmasked. Borrowed, not modified.
 * @param offset - Of the payload, from the start of the stream.
 * @param faults - Modified: its faults are added.
 * @returns The status code, 1005 without one, and the reason, in which what is not valid UTF-8 shows
 *   as U+FFFD.
 */
export function readClose(payload: Uint8Array, offset: number, faults: Fault[]): ClosePayload {
  if (payload.length < 2) {
    if (payload.length === 1) faults.push(faultOf(rules.oneByteClose, "payload", offset));
    return { statusCode: StatusCode.NoStatusReceived, reason: "" };
  }
  const statusCode = (payload[0] << 8) | payload[1];
  if (!isSendableStatusCode(statusCode))
    faults.push(faultOf(rules.closeCode, "statusCode", offset, `${statusCode}`));
  const check = new TextCheck();
  check.push(payload, 2, payload.length);
  check.end();
  if (check.invalidAt !== undefined)
    faults.push(faultOf(rules.closeReason, "reason", offset + 2 + check.invalidAt));
  return { statusCode, reason: lenientText(payload.subarray(2)) };
}

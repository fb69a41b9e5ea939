import type { HeadersInit } from "@framewright/codec/handshake";
import { rangeError, shownValue } from "@framewright/codec/internal";

/** The HTTP response that rejects an opening handshake. Created by `refuse`. */
export class Refusal {
  /** The HTTP status, 300 to 599. */
  readonly status: number;
  /** The response body without its line end, or "". */
  readonly reason: string;
  /** Additional response headers. */
  readonly headers: HeadersInit;

  constructor(status: number, reason: string, headers: HeadersInit) {
    this.status = status;
    this.reason = reason;
    this.headers = headers;
  }
}

/**
 * Rejects an opening handshake with an HTTP response. Return its result from `accept`.
 *
 * @param status - The HTTP status, 300 to 599.
 * @param reason - One line of plain text for the response body. Default: no body.
 * @param headers - Additional response headers.
 * @throws RangeError if the status is out of range.
 *
 * @example
 * const accept = (request: IncomingRequest) => {
 *   if (request.path !== "/room") return refuse(404, "no such room");
 *   return { name: request.query };
 * };
 */
export function refuse(status: number, reason = "", headers: HeadersInit = {}): Refusal {
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    const message = `refusal status must be 300 to 599, got ${shownValue(status)}`;
    throw rangeError("WS_ERR_INVALID_ARGUMENT", message);
  }
  return new Refusal(status, reason, headers);
}

import type { HeadersInit } from "@framewright/codec/handshake";
import { rangeError } from "@framewright/codec/internal";

/** An opening handshake that is turned down with an HTTP answer. Made by `refuse`. */
export class Refusal {
  readonly status: number;
  readonly reason: string;
  readonly headers: HeadersInit;

  constructor(status: number, reason: string, headers: HeadersInit) {
    this.status = status;
    this.reason = reason;
    this.headers = headers;
  }
}

/**
 * Turns an opening handshake down: return the result from `accept`.
 *
 * @param status - HTTP status, 300 to 599.
 * @param reason - One line of plain text for the answer's body.
 * @param headers - Further headers of the answer.
 * @throws RangeError for another status.
 *
 * @example
 * accept(request) {
 *   if (request.path !== "/room") return refuse(404, "no such room");
 *   return { name: request.query };
 * }
 */
export function refuse(status: number, reason = "", headers: HeadersInit = {}): Refusal {
  if (!Number.isInteger(status) || status < 300 || status > 599) {
    throw rangeError("WS_ERR_INVALID_ARGUMENT", `refusal status must be 300 to 599, got ${status}`);
  }
  return new Refusal(status, reason, headers);
}

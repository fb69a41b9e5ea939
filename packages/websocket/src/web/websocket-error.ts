import { utf8Length } from "@framewright/codec/internal";
import { webGlobals } from "./runtime-types.ts";
import { describeClass, enforceShort, toWellFormed } from "./web-idl.ts";
import { syntaxError } from "./web-url.ts";

/** How a connection closes or closed. */
export interface WebSocketCloseInfo {
  /**
   * To close: 1000 or 3000 to 4999; none, or 1000 with a reason, by default. From `closed`: the
   * server's status code, 1005 if it sent none.
   */
  closeCode?: number | undefined;
  /** At most 123 bytes in UTF-8. Default "". */
  reason?: string;
}

/** A validated `WebSocketCloseInfo`. */
export interface ValidCloseInfo {
  readonly closeCode: number | undefined;
  readonly reason: string;
}

/**
 * Converts and validates a `WebSocketCloseInfo`.
 *
 * @throws TypeError if it is no object; DOMException "InvalidAccessError" for the code,
 *   "SyntaxError" for the reason.
 */
export function readCloseInfo(value: unknown): ValidCloseInfo {
  if (value === undefined || value === null) return { closeCode: undefined, reason: "" };
  if (typeof value !== "object" && typeof value !== "function") {
    throw new TypeError(`a WebSocketCloseInfo must be an object, got ${String(value)}`);
  }
  const { closeCode, reason } = value as { closeCode?: unknown; reason?: unknown };
  const code = closeCode === undefined ? undefined : enforceShort(closeCode, "closeCode");
  const text = reason === undefined ? "" : toWellFormed(`${reason}`);
  if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999)) {
    const message = `the close code must be 1000 or 3000 to 4999, got ${code}`;
    throw new webGlobals.DOMException(message, "InvalidAccessError");
  }
  if (utf8Length(text) > 123) throw syntaxError("the close reason is longer than 123 bytes");
  return { closeCode: code === undefined && text !== "" ? 1000 : code, reason: text };
}

/** How a connection ended, which needs no validation: 1006 is no code that may be sent. */
class EndedConnection implements ValidCloseInfo {
  readonly closeCode: number;
  readonly reason: string;

  constructor(closeCode: number, reason: string) {
    this.closeCode = closeCode;
    this.reason = reason;
  }
}

/**
 * The error of a `WebSocketStream`: why it was not opened or did not close cleanly. Passed to
 * `cancel` or `abort` of its streams, it is what the connection is closed with. Its `cause` is the
 * error of the connection, if there was one.
 *
 * @example
 * await writable.abort(new WebSocketError("done", { closeCode: 4000, reason: "done" }));
 */
export class WebSocketError extends webGlobals.DOMException {
  readonly #info: ValidCloseInfo;

  /**
   * @throws TypeError or DOMException for an invalid code or reason.
   */
  constructor(message = "", init: WebSocketCloseInfo = {}) {
    super(`${message}`, "WebSocketError");
    // The constructor of Node's `DOMException` makes objects of that class only.
    Object.setPrototypeOf(this, new.target.prototype);
    this.#info = init instanceof EndedConnection ? init : readCloseInfo(init);
  }

  /** The status code, or null for none. */
  get closeCode(): number | null {
    return this.#info.closeCode ?? null;
  }

  get reason(): string {
    return this.#info.reason;
  }
}
describeClass(WebSocketError);

/** Makes the error of a connection that was not opened or did not close cleanly. */
export function connectionError(
  message: string,
  cause: unknown,
  closeCode = 1006,
  reason = "",
): WebSocketError {
  const error = new WebSocketError(message, new EndedConnection(closeCode, reason));
  if (cause !== undefined) {
    Object.defineProperty(error, "cause", { value: cause, configurable: true, writable: true });
  }
  return error;
}

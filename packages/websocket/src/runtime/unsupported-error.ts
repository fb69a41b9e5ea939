import { withCode } from "@framewright/codec/internal";

/**
 * Stable code of an `UnsupportedError`. WS_ERR_UNSUPPORTED: the runtime cannot do what was asked.
 * WS_ERR_WRONG_RUNTIME: the package or function is for another runtime.
 */
export type UnsupportedErrorCode = "WS_ERR_UNSUPPORTED" | "WS_ERR_WRONG_RUNTIME";

/** The runtime cannot do what was asked. See docs/runtimes.md. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
  readonly code: UnsupportedErrorCode;

  constructor(message: string, code: UnsupportedErrorCode = "WS_ERR_UNSUPPORTED") {
    super(withCode(message, code));
    this.code = code;
  }
}

import { withCode } from "@framewright/codec/internal";

/** The runtime cannot do what was asked. See docs/runtimes.md. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
  readonly code = "WS_ERR_UNSUPPORTED";

  constructor(message: string) {
    super(withCode(message, "WS_ERR_UNSUPPORTED"));
  }
}

/** The runtime cannot do what was asked. See docs/runtimes.md. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
  readonly code = "WS_ERR_UNSUPPORTED";
}

import { withCode } from "@framewright/codec/internal";

/** The message of a stream did not arrive completely. */
export class IncompleteMessageError extends Error {
  override readonly name = "IncompleteMessageError";
  readonly code = "WS_ERR_INCOMPLETE_MESSAGE";

  constructor(message: string, options?: { cause?: unknown }) {
    super(withCode(message, "WS_ERR_INCOMPLETE_MESSAGE"), options);
  }
}

/** Makes the error of a stream whose connection ended: a fault of the peer, or what it led to. */
export function incompleteError(message: string, cause: Error | undefined): Error {
  const { code } = (cause ?? {}) as { code?: unknown };
  if (cause !== undefined && String(code).startsWith("WS_ERR_")) return cause;
  return new IncompleteMessageError(message, cause === undefined ? undefined : { cause });
}

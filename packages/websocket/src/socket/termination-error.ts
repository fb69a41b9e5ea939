import { withCode } from "@framewright/codec/internal";

/** Why a connection was ended without a closing handshake. A stable string. */
export type TerminationErrorCode =
  | "WS_ERR_HEARTBEAT_TIMEOUT"
  | "WS_ERR_PEER_TOO_SLOW"
  | "WS_ERR_SEND_MEMORY";

/** This endpoint ended the connection without a closing handshake. Its status code is 1006. */
export class TerminationError extends Error {
  override readonly name = "TerminationError";
  readonly code: TerminationErrorCode;

  constructor(code: TerminationErrorCode, message: string) {
    super(withCode(message, code));
    this.code = code;
  }
}

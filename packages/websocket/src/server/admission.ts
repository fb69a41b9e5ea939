import { HandshakeError } from "@framewright/codec";
import { checkInteger } from "../options/option-values.ts";
import type { IncomingRequest } from "./incoming-request.ts";
import { originCheck } from "./origins.ts";
import type { ServeOptions } from "./serve-options.ts";

/** Which handshakes are refused before `accept` is called. */
export interface Admission {
  readonly maxConnections: number;
  readonly maxPendingHandshakes: number;
  /** Undefined if all are allowed. */
  readonly isOriginAllowed: ((request: IncomingRequest) => boolean) | undefined;
}

/** Validates `origins`, `maxConnections` and `maxPendingHandshakes`, and fills in their defaults. */
export function checkAdmission(options: ServeOptions<never>): Admission {
  const { maxConnections = Number.MAX_SAFE_INTEGER, maxPendingHandshakes = 1_000 } = options;
  const most = Number.MAX_SAFE_INTEGER;
  return {
    maxConnections: checkInteger("maxConnections", maxConnections, 0, most),
    maxPendingHandshakes: checkInteger("maxPendingHandshakes", maxPendingHandshakes, 1, most),
    isOriginAllowed: originCheck(options.origins),
  };
}

/**
 * Returns why a handshake is refused before `accept` is called; undefined if it is not.
 *
 * @param openCount - Number of open sockets.
 * @throws What the option `origins` throws, if it is a function.
 */
export function admissionFault(
  admission: Admission,
  request: IncomingRequest,
  openCount: number,
): HandshakeError | undefined {
  const { isOriginAllowed } = admission;
  // Clients that are no browsers send no origin.
  if (isOriginAllowed !== undefined && request.origin !== "" && !isOriginAllowed(request)) {
    const message = "connections from this origin are not allowed";
    return new HandshakeError("WS_ERR_ORIGIN_NOT_ALLOWED", 403, message);
  }
  return connectionsFault(admission, openCount);
}

/** Returns the fault if no further socket may open. */
export function connectionsFault(
  { maxConnections }: Admission,
  openCount: number,
): HandshakeError | undefined {
  if (openCount < maxConnections) return undefined;
  return new HandshakeError("WS_ERR_TOO_MANY_CONNECTIONS", 503, "too many connections");
}

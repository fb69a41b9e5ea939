import type { HandshakeStep } from "@framewright/codec";
import { checkKeys, checkTimeout, optionError } from "../options/option-values.ts";

/** Maximum durations of a client's opening handshake and of its steps, in milliseconds. */
export interface HandshakeTimeouts {
  /** All steps together, redirects included, from the call of `connect`. Default 10,000. */
  readonly total?: number;
  /** Resolving the host name. Default: only `total` limits it. */
  readonly lookup?: number;
  /**
   * TCP, from the turn of the attempt (see `concurrentConnects`), with all addresses of the host.
   * Where the runtime does not tell when a name is resolved, that is included, unless `lookup` is
   * set here. Default: only `total` limits it.
   */
  readonly connect?: number;
  /** The TLS handshake. Default: only `total` limits it. */
  readonly tls?: number;
  /** From the request to the server's response. Default: only `total` limits it. */
  readonly response?: number;
}

/** Validated limits in milliseconds. */
export interface HandshakeLimits {
  readonly total: number;
  /** Undefined if no step has a limit of its own. */
  readonly steps: Readonly<Partial<Record<HandshakeStep, number>>> | undefined;
}

const steps = ["lookup", "connect", "tls", "response"] as const;

/** Long enough for slow networks and servers, and what `serve` has too. */
const defaultTotal = 10_000;
const defaultLimits: HandshakeLimits = { total: defaultTotal, steps: undefined };

/** Validates the option `handshakeTimeout` of `connect`. */
export function checkHandshakeLimits(
  option: number | HandshakeTimeouts | undefined,
): HandshakeLimits {
  if (option === undefined) return defaultLimits;
  if (typeof option === "number") {
    return { total: checkTimeout("handshakeTimeout", option), steps: undefined };
  }
  if (typeof option !== "object" || option === null)
    throw optionError("handshakeTimeout", option, "a number or an object");
  checkKeys("handshakeTimeout", option, ["total", ...steps]);
  const { total = defaultTotal } = option;
  const limits: Partial<Record<HandshakeStep, number>> = {};
  for (const step of steps) {
    const limit = option[step];
    if (limit !== undefined) limits[step] = checkTimeout(`handshakeTimeout.${step}`, limit);
  }
  return {
    total: checkTimeout("handshakeTimeout.total", total),
    steps: Object.keys(limits).length === 0 ? undefined : limits,
  };
}

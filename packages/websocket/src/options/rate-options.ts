import { checkInteger, checkKeys, optionError } from "./option-values.ts";

/** How many messages a peer may send. */
export interface MessageRateOptions {
  /** Messages per second, 1 to 1,000,000, on average. */
  readonly perSecond: number;
  /**
   * Messages that a peer that was silent may send at once, 1 to 2^30. Default `perSecond`: what it
   * could have sent in a second.
   */
  readonly burst?: number;
  /**
   * What happens to a peer that sends more. Default "pause".
   *
   * - "pause": its messages wait until they are allowed, and it is paused once 64 KiB wait. No
   *   message is lost.
   * - "close": the connection is closed with 1008, and the message is not delivered.
   */
  readonly exceeded?: "pause" | "close";
}

/** Validated `MessageRateOptions`. */
export interface MessageRate {
  /** Time between two messages at the highest steady rate, in milliseconds. */
  readonly interval: number;
  readonly burst: number;
  readonly closes: boolean;
}

/**
 * Validates the option `messageRate`.
 *
 * @returns Undefined if it is omitted.
 * @throws TypeError or RangeError that names the option and its value.
 */
export function messageRate(options: MessageRateOptions | undefined): MessageRate | undefined {
  if (options === undefined) return undefined;
  if (typeof options !== "object" || options === null) {
    throw optionError("messageRate", options, "an object");
  }
  checkKeys("messageRate", options, ["perSecond", "burst", "exceeded"]);
  const { perSecond, burst = perSecond, exceeded = "pause" } = options;
  checkInteger("messageRate.perSecond", perSecond, 1, 1_000_000);
  if (exceeded !== "pause" && exceeded !== "close") {
    throw optionError("messageRate.exceeded", exceeded, '"pause" or "close"');
  }
  return {
    interval: 1_000 / perSecond,
    burst: checkInteger("messageRate.burst", burst, 1, 2 ** 30),
    closes: exceeded === "close",
  };
}

import { checkInteger, optionError } from "./option-values.ts";

/** Options of `serve` and `connect` for peers that read more slowly than they are sent to. */
export interface BufferOptions {
  /**
   * Maximum number of bytes that may wait for one peer, 0 to 2^53 - 1. `whenFull` says what happens
   * to the message that would exceed it. A longer message is sent if nothing else waits. Default
   * 16 MiB: a burst may wait, but a peer that does not read cannot fill the memory.
   */
  maxBufferedAmount?: number;
  /**
   * What happens when `maxBufferedAmount` would be exceeded. Default "terminate".
   *
   * - "terminate": the connection ends with 1006 and `WS_ERR_PEER_TOO_SLOW`, and what waits is
   *   dropped. The peer can connect again, so that it never continues with a gap.
   * - "drop": the message is not sent, `send` returns "dropped" and the `dropped` handler is called.
   */
  whenFull?: "terminate" | "drop";
  /**
   * `send` returns "queued" when more than this many bytes wait, 0 to 2^53 - 1. Default 65,536:
   * enough for a fast network, and little for many slow peers.
   */
  highWaterMark?: number;
  /**
   * After "queued", `drain` and `drained` wait until at most this many bytes wait, 0 to
   * `highWaterMark`. Default a quarter of it: the network has work until more is sent.
   */
  lowWaterMark?: number;
}

/** Validated `BufferOptions`, in bytes. */
export interface BufferLimits {
  readonly max: number;
  readonly drops: boolean;
  readonly highWaterMark: number;
  readonly lowWaterMark: number;
  /**
   * Whether a message of `maxUncheckedLength` could exceed `max` while at most `highWaterMark` bytes
   * wait.
   */
  readonly checksEachMessage: boolean;
}

/** Maximum length of a frame's header in bytes (RFC 6455 section 5.2). */
export const maxHeaderLength = 14;

/** Shorter messages are checked only while many bytes wait, or if `max` is small. */
export const maxUncheckedLength = 65_536;

/**
 * Validates the options and fills in their defaults.
 *
 * @throws TypeError or RangeError that names the option and its value.
 */
export function bufferLimits(options: BufferOptions): BufferLimits {
  const {
    maxBufferedAmount = 16_777_216,
    whenFull = "terminate",
    highWaterMark = 65_536,
  } = options;
  const max = checkInteger("maxBufferedAmount", maxBufferedAmount, 0, Number.MAX_SAFE_INTEGER);
  if (whenFull !== "terminate" && whenFull !== "drop") {
    throw optionError("whenFull", whenFull, '"terminate" or "drop"');
  }
  checkInteger("highWaterMark", highWaterMark, 0, Number.MAX_SAFE_INTEGER);
  const lowWaterMark = options.lowWaterMark ?? Math.floor(highWaterMark / 4);
  return {
    max,
    drops: whenFull === "drop",
    highWaterMark,
    lowWaterMark: checkInteger("lowWaterMark", lowWaterMark, 0, highWaterMark),
    checksEachMessage: max < highWaterMark + maxFrameLength(maxUncheckedLength),
  };
}

/**
 * The number of bytes that are queued at most for a message.
 *
 * @param length - Its length in bytes or UTF-16 code units, of which each takes at most 3 bytes in
 *   UTF-8.
 */
export function maxFrameLength(length: number): number {
  return 3 * length + maxHeaderLength;
}

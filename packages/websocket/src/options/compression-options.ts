import type { CompressorPool, DeflateSettings } from "@framewright/codec/deflate";
import { typeError } from "@framewright/codec/internal";
import { checkInteger, optionError } from "./option-values.ts";

/** How messages are compressed: permessage-deflate (RFC 7692). */
export interface CompressionOptions {
  /**
   * Shorter messages are sent as they are, in bytes. Default 1,024; 128 on connections that keep a
   * window.
   */
  readonly threshold?: number;
  /** Effort, 1 (fast) to 9 (small). Default 3. */
  readonly level?: number;
  /** Memory of a compressor beside its window, 1 to 9. Default 8; 5 with `contextTakeover`. */
  readonly memLevel?: number;
  /**
   * Whether each connection keeps what was sent last in both directions, so that messages like earlier
   * ones become much smaller. Costs 120 to 190 KiB per connection, 260 to 300 with `windowBits: 15, memLevel: 8`. Default
   * false: an idle connection holds nothing.
   */
  readonly contextTakeover?: boolean;
  /** Largest window of either direction, 9 to 15: base-2 logarithm of bytes. Default 15; 12 with `contextTakeover`. */
  readonly windowBits?: number;
  /**
   * With so many bytes in use by all compressors of the process, new connections keep no windows; when not
   * even one compressor fits, messages are sent as they are. Default 64 MiB.
   */
  readonly maxMemory?: number;
  /**
   * With so many bytes decompressed one connection lets others have their turn of the event loop first. Default 1 MiB: a few
   * milliseconds.
   */
  readonly maxBytesPerTurn?: number;
  /**
   * On a client: fails the handshake when a server's answer leaves out what was asked of it, `server_no_context_takeover` or
   * `server_max_window_bits`. Default false: a window is kept for such a server, within `maxMemory`.
   */
  readonly strict?: boolean;
}

/** Checks how many bytes are decompressed in one turn; returns it or its default. */
export function checkMaxBytesPerTurn(option: boolean | CompressionOptions | undefined): number {
  const given = typeof option === "object" ? option?.maxBytesPerTurn : undefined;
  return checkInteger("compression.maxBytesPerTurn", given ?? 1_048_576, 1, 2 ** 30);
}

/**
 * Checks the option.
 *
 * @param compressors - Gives those of this runtime, if there are any.
 * @returns undefined when it is left out or false.
 * @throws TypeError or RangeError, naming the option and its value.
 */
export function compressionSettings(
  option: boolean | CompressionOptions | undefined,
  compressors: (() => CompressorPool | undefined) | undefined,
  maxMessageSize: number,
): DeflateSettings | undefined {
  if (option === undefined || option === false) return undefined;
  if (option !== true && (typeof option !== "object" || option === null)) {
    const message = `option compression must be a boolean or an object, got ${String(option)}`;
    throw typeError("WS_ERR_INVALID_OPTION", message);
  }
  const pool = compressors?.();
  if (pool === undefined) {
    const message = "option compression needs a node:zlib that this runtime does not have";
    throw typeError("WS_ERR_INVALID_OPTION", message);
  }
  const given = option === true ? {} : option;
  const { contextTakeover = false, strict = false, threshold } = given;
  for (const [name, value] of Object.entries({ contextTakeover, strict })) {
    if (typeof value !== "boolean") throw optionError(`compression.${name}`, value, "a boolean");
  }
  const check = (name: keyof CompressionOptions, value: number, least: number, most: number) =>
    checkInteger(`compression.${name}`, value, least, most);
  return {
    pool,
    maxMessageSize,
    contextTakeover,
    strict,
    threshold: threshold === undefined ? undefined : check("threshold", threshold, 0, 2 ** 32),
    level: check("level", given.level ?? 3, 1, 9),
    // With many windows in use, smaller ones cost half the memory and, for the caches, half the time.
    memLevel: check("memLevel", given.memLevel ?? (contextTakeover ? 5 : 8), 1, 9),
    windowBits: check("windowBits", given.windowBits ?? (contextTakeover ? 12 : 15), 9, 15),
    maxMemory: check("maxMemory", given.maxMemory ?? 67_108_864, 0, Number.MAX_SAFE_INTEGER),
  };
}

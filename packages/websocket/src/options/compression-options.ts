import type { CompressorPool, DeflateSettings } from "@framewright/codec/deflate";
import { typeError } from "@framewright/codec/internal";
import { checkInteger, checkKeys, optionError } from "./option-values.ts";

/** Options of permessage-deflate (RFC 7692). */
export interface CompressionOptions {
  /**
   * Minimum length of a message to compress, in bytes, 0 to 2^32. Shorter messages are sent
   * uncompressed, because compressing them saves less than it costs. Default 1,024; 128 on
   * connections that send with a window kept from earlier messages, which helps short messages too.
   */
  readonly threshold?: number;
  /**
   * Compression level, 1 (fastest) to 9 (smallest output). Default 3: from 16 KiB on it takes about
   * half the CPU time of level 6 and produces up to 10% more bytes.
   */
  readonly level?: number;
  /**
   * Memory that a compressor uses in addition to its window, 1 (least) to 9. Less memory compresses
   * slightly worse. Default 8; 5 with `contextTakeover`, where each connection has its own
   * compressor.
   */
  readonly memLevel?: number;
  /**
   * Whether each connection keeps the windows of both directions from message to message. Messages
   * that resemble earlier ones then become much smaller. This costs 120 to 190 KiB per connection,
   * or 260 to 330 KiB with `windowBits: 15, memLevel: 8`. Default false: idle connections then hold
   * no compressor.
   */
  readonly contextTakeover?: boolean;
  /**
   * Largest window of either direction, as the base-2 logarithm of its size in bytes, 9 to 15.
   * Smaller windows need less memory and find fewer repetitions. Default 15; 12 with
   * `contextTakeover`, where each connection has its own windows.
   */
  readonly windowBits?: number;
  /**
   * Maximum memory of all compressors of the process, in bytes. When the windows of a new
   * connection do not fit, it keeps none. When no compressor fits at all, messages are sent
   * uncompressed. Default 64 MiB: about 300 connections that keep windows.
   */
  readonly maxMemory?: number;
  /**
   * Maximum number of bytes that one connection decompresses in one turn of the event loop, 1 to
   * 2^30. The rest waits until other connections have had a turn. Default 1 MiB: a few milliseconds
   * of work.
   */
  readonly maxBytesPerTurn?: number;
  /**
   * For clients. Whether the handshake fails if the server's response omits a
   * `server_no_context_takeover` or `server_max_window_bits` that the client asked for. Default
   * false, because some common servers omit them: the client keeps a window for such a server if
   * `maxMemory` allows it.
   */
  readonly strict?: boolean;
}

const optionNames: readonly (keyof CompressionOptions)[] = [
  "threshold",
  "level",
  "memLevel",
  "contextTakeover",
  "windowBits",
  "maxMemory",
  "maxBytesPerTurn",
  "strict",
];

/**
 * Validates the option `compression` and fills in its defaults.
 *
 * @param compressors - Returns the process's compressor pool, or undefined if the runtime has none.
 * @param maxMessageSize - In bytes.
 * @returns The settings; undefined if the option is omitted or false.
 * @throws TypeError or RangeError that names the option and its value.
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
  if (option !== true) checkKeys("compression", option, optionNames);
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
  const check = (name: keyof CompressionOptions, value: number, min: number, max: number) =>
    checkInteger(`compression.${name}`, value, min, max);
  return {
    pool,
    maxMessageSize,
    contextTakeover,
    strict,
    threshold: threshold === undefined ? undefined : check("threshold", threshold, 0, 2 ** 32),
    level: check("level", given.level ?? 3, 1, 9),
    // Smaller windows halve the memory. When many connections keep windows, they also halve the
    // time, because more of them fit the caches.
    memLevel: check("memLevel", given.memLevel ?? (contextTakeover ? 5 : 8), 1, 9),
    windowBits: check("windowBits", given.windowBits ?? (contextTakeover ? 12 : 15), 9, 15),
    maxMemory: check("maxMemory", given.maxMemory ?? 67_108_864, 0, Number.MAX_SAFE_INTEGER),
  };
}

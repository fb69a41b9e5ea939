import {
  acceptDeflateOffer,
  type CompressorPool,
  DeflateOffer,
  type DeflateSettings,
} from "@framewright/codec/deflate";
import type { Extension } from "@framewright/codec/handshake";
import { compressorPool } from "../zlib/zlib-compressors.ts";
import type { ZlibModule } from "../zlib/zlib-stream.ts";
import { type CompressionOptions, compressionSettings } from "./compression-options.ts";
import { checkInteger } from "./option-values.ts";

/** Where compressors come from. */
export interface CompressionSupport {
  readonly zlib?: (() => ZlibModule | undefined) | undefined;
  readonly compressors?: (() => CompressorPool | undefined) | undefined;
}

/** Compression of all connections with the same options. */
export class Compression {
  readonly settings: DeflateSettings;
  /** Number of bytes that one connection decompresses in one turn of the event loop. */
  readonly maxBytesPerTurn: number;

  constructor(settings: DeflateSettings, { maxBytesPerTurn = 1_048_576 }: CompressionOptions) {
    this.settings = settings;
    this.maxBytesPerTurn = checkInteger("compression.maxBytesPerTurn", maxBytesPerTurn, 1, 2 ** 30);
  }

  /** Makes a client's offer. */
  offer(): DeflateOffer {
    return new DeflateOffer(this.settings);
  }

  /** Answers a client's offers; see `acceptDeflateOffer`. */
  accept(offers: readonly Extension[]): ReturnType<typeof acceptDeflateOffer> {
    return acceptDeflateOffer(offers, this.settings);
  }
}

/** Validates the option `compression`. Returns undefined if it is omitted or false. */
export function createCompression(
  option: boolean | CompressionOptions | undefined,
  support: CompressionSupport,
  maxMessageSize: number,
): Compression | undefined {
  const settings = compressionSettings(option, () => compressorsOf(support), maxMessageSize);
  return settings && new Compression(settings, typeof option === "object" ? option : {});
}

const pools = /* @__PURE__ */ new WeakMap<object, () => CompressorPool | undefined>();

/** Returns the compressors of the process, or undefined if the runtime has none that can be used. */
export function compressorsOf({
  zlib,
  compressors,
}: CompressionSupport): CompressorPool | undefined {
  if (compressors !== undefined || zlib === undefined) return compressors?.();
  const pool = pools.get(zlib) ?? compressorPool(zlib);
  pools.set(zlib, pool);
  return pool();
}

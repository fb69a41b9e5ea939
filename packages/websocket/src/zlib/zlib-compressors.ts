import { CompressorPool, type Compressors } from "@framewright/codec/deflate";
import { mayUseInternals } from "../runtime/internals.ts";
import { ZlibDeflator } from "./zlib-deflator.ts";
import { ZlibInflator } from "./zlib-inflator.ts";
import { chunkSize, type ZlibModule, ZlibStream } from "./zlib-stream.ts";

/** The text "Hello". */
const sample = new Uint8Array([0x48, 0x65, 0x6c, 0x6c, 0x6f]);

/**
 * Returns a function for the compressors of the process. They are created at its first call. See
 * `zlibCompressors`.
 *
 * @param load - Returns `node:zlib`, or undefined if the runtime has none.
 * @returns A function that returns the pool, or undefined if `node:zlib` cannot be used or its
 *   undocumented members must not be.
 */
export function compressorPool(
  load: () => ZlibModule | undefined,
): () => CompressorPool | undefined {
  let pool: CompressorPool | null | undefined;
  return () => {
    if (pool === undefined) {
      const zlib = mayUseInternals() ? load() : undefined;
      const compressors = zlib === undefined ? undefined : zlibCompressors(zlib);
      pool = compressors === undefined ? null : new CompressorPool(compressors);
    }
    return pool ?? undefined;
  };
}

/**
 * Creates compressors with the synchronous handles of `node:zlib`. Of the implementations that can
 * keep a window they are the fastest on Node, Deno and Bun. See docs/performance.md.
 *
 * @returns The compressors, or undefined if a round trip with this runtime's `node:zlib` fails.
 */
export function zlibCompressors(zlib: ZlibModule): Compressors | undefined {
  const compressors: Compressors = {
    openDeflator(windowBits, level, memLevel) {
      const stream = zlib.createDeflateRaw({ windowBits, level, memLevel, chunkSize });
      return new ZlibDeflator(new ZlibStream(zlib, stream));
    },
    openInflator(windowBits) {
      const stream = zlib.createInflateRaw({ windowBits, chunkSize });
      return new ZlibInflator(new ZlibStream(zlib, stream));
    },
  };
  return works(compressors) ? compressors : undefined;
}

function works({ openDeflator, openInflator }: Compressors): boolean {
  try {
    const deflator = openDeflator(15, 6, 8);
    const compressed = deflator.deflate(sample, 0, sample.length);
    deflator.close();
    const inflator = openInflator(15);
    inflator.push(compressed, 0, compressed.length, true);
    const length = inflator.next();
    const text = String.fromCharCode(...inflator.output.subarray(0, Math.max(length, 0)));
    inflator.close();
    return inflator.done && text === "Hello";
  } catch {
    return false;
  }
}

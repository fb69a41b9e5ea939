import { createRequire } from "node:module";
import * as zlib from "node:zlib";
import { compressorPool } from "@framewright/websocket/transport/extras";
import type { CompressorOptions } from "./compressor-options.ts";

/** Compresses or decompresses one message. Returns the length of the result in bytes. */
export type Operation = () => number | Promise<number>;

/** Makes operations. Those of one direction must run in the order of their messages. */
export interface Compressor {
  /**
   * @param window - The data before the message, for compressors that keep no window themselves.
   */
  compress(message: Uint8Array, window: Uint8Array | undefined): Operation;
  decompress(payload: Uint8Array, window: Uint8Array | undefined): Operation;
}

/** The class in ws, which does not export it. */
interface PerMessageDeflate {
  params: object;
  compress(data: Uint8Array, fin: boolean, callback: Done): void;
  decompress(data: Uint8Array, fin: boolean, callback: Done): void;
}
type Done = (error: Error | null, result: Uint8Array) => void;

const flush = zlib.constants.Z_SYNC_FLUSH;

export function makeCompressor(options: CompressorOptions): Compressor {
  const { compressor, level } = options;
  if (compressor === "handle") return makeHandle(options);
  if (compressor === "ws") return makeWs(options);
  if (compressor === "at once") return makeAtOnce(level);
  return makeBun(compressor === "Bun zlib" ? "zlib" : "libdeflate", level);
}

/** The compressor pool of ours. */
function makeHandle({ contextTakeover, level }: CompressorOptions): Compressor {
  const pool = compressorPool(() => zlib)();
  if (pool === undefined) throw new Error("this runtime's node:zlib cannot be used");
  const deflator = pool.openDeflator(15, level, 8);
  const inflator = pool.openInflator(15);
  return {
    compress: (message) => () => {
      const { length } = deflator.deflate(message, 0, message.length);
      if (!contextTakeover) deflator.reset();
      return length;
    },
    decompress: (payload) => () => {
      let length = 0;
      inflator.push(payload, 0, payload.length, true);
      do {
        const piece = inflator.next();
        if (piece < 0) throw new Error("not DEFLATE data");
        length += piece;
      } while (!inflator.done);
      if (!contextTakeover) inflator.reset();
      return length;
    },
  };
}

/** Creates a compressor for each message, with the preceding data as its dictionary. */
function makeAtOnce(level: number): Compressor {
  const settings = (window: Uint8Array | undefined) => {
    return window === undefined ? {} : { dictionary: window };
  };
  return {
    compress(message, window) {
      const options = { finishFlush: flush, level, ...settings(window) };
      return () => zlib.deflateRawSync(message, options).length - 4;
    },
    decompress(payload, window) {
      const options = { finishFlush: flush, ...settings(window) };
      return () => zlib.inflateRawSync(payload, options).length;
    },
  };
}

function makeWs({ contextTakeover, level }: CompressorOptions): Compressor {
  const path = "../../node_modules/ws/lib/permessage-deflate.js";
  const Extension = createRequire(import.meta.url)(path) as new (
    options: object,
  ) => PerMessageDeflate;
  const extension = new Extension({ isServer: true, zlibDeflateOptions: { level } });
  extension.params = contextTakeover
    ? {}
    : { client_no_context_takeover: true, server_no_context_takeover: true };
  const operation = (method: "compress" | "decompress", data: Uint8Array) => () =>
    new Promise<number>((resolve, reject) => {
      extension[method](data, true, (error, result) => {
        if (error) reject(error);
        else resolve(result.length);
      });
    });
  return {
    compress: (message) => operation("compress", Buffer.from(message)),
    decompress: (payload) => operation("decompress", payload),
  };
}

/** Ends the stream with each message (RFC 7692 section 7.2.3.4), so it keeps no window. */
function makeBun(library: "zlib" | "libdeflate", level: number): Compressor {
  const options = library === "zlib" ? { level, windowBits: -15 as const } : { library, level };
  return {
    compress(message) {
      const bytes = new Uint8Array(message);
      return () => Bun.deflateSync(bytes, options as never).length;
    },
    decompress(payload) {
      // Bun rejects data without a final block, so it decompresses its own output.
      const message = zlib.inflateRawSync(payload, { finishFlush: flush });
      const bytes = Bun.deflateSync(new Uint8Array(message), options as never);
      return () => Bun.inflateSync(bytes, options as never).length;
    },
  };
}

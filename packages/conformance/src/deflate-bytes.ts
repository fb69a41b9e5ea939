import { constants, deflateRawSync, inflateRawSync, type ZlibOptions } from "node:zlib";
import { concat } from "./frame-bytes.ts";

const tail = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
/** The largest window in bytes. */
const longestWindow = 32_768;

/**
 * Compresses a whole message (RFC 7692 section 7.2.1).
 *
 * @param options - Options of `node:zlib`. Its `dictionary` is the window left by earlier messages.
 */
export function deflated(content: Uint8Array, options: ZlibOptions = {}): Uint8Array {
  // Section 7.2.3.6: zlib flushes nothing for empty input.
  if (content.length === 0) return Uint8Array.of(0x00);
  const bytes = deflateRawSync(content, { ...options, finishFlush: constants.Z_SYNC_FLUSH });
  return new Uint8Array(bytes.subarray(0, -tail.length));
}

/**
 * Decompresses a whole message (RFC 7692 section 7.2.2).
 *
 * @param options - Options of `node:zlib`. With `windowBits`, a distance beyond such a window is an
 *   error.
 * @throws Error if the payload is not DEFLATE data.
 */
export function inflated(payload: Uint8Array, options: ZlibOptions = {}): Uint8Array {
  return new Uint8Array(
    inflateRawSync(concat(payload, tail), {
      ...options,
      finishFlush: constants.Z_SYNC_FLUSH,
      // Within one chunk of output, zlib accepts distances that exceed its window.
      chunkSize: 64,
    }),
  );
}

/** The window of one direction that is kept between messages (RFC 7692 section 7.1.1). */
export class KeptWindow {
  private readonly options: ZlibOptions;
  private dictionary = new Uint8Array(0);

  /** @param options - Options of `node:zlib`. */
  constructor(options: ZlibOptions = {}) {
    this.options = options;
  }

  deflate(content: Uint8Array): Uint8Array {
    const payload = deflated(content, this.withDictionary());
    this.keep(content);
    return payload;
  }

  inflate(payload: Uint8Array): Uint8Array {
    const content = inflated(payload, this.withDictionary());
    this.keep(content);
    return content;
  }

  private withDictionary(): ZlibOptions {
    const { dictionary, options } = this;
    return dictionary.length === 0 ? options : { ...options, dictionary };
  }

  private keep(content: Uint8Array): void {
    const length = Math.min(longestWindow, 2 ** (this.options.windowBits ?? 15));
    this.dictionary = new Uint8Array(concat(this.dictionary, content).slice(-length));
  }
}

/** Returns incompressible bytes, the same in each run. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  let state = 0x9e3779b9;
  return new Uint8Array(length).map(() => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state & 0xff;
  });
}

/** Returns JSON of at least this many bytes, with repeated names like that of applications. */
export function json(length: number): string {
  const rows: string[] = [];
  for (let at = 0; at < length; at += rows[rows.length - 1].length + 1) {
    const id = rows.length;
    rows.push(
      JSON.stringify({ id, name: `visitor ${id % 97}`, price: (id * 7919) % 1_000, ok: true }),
    );
  }
  return `[${rows.join(",")}]`;
}

/** The used parts of `node:zlib`, which Node, Deno and Bun all have. */
export interface ZlibModule {
  readonly constants: { readonly Z_NO_FLUSH: number; readonly Z_SYNC_FLUSH: number };
  createDeflateRaw(options: {
    windowBits: number;
    level: number;
    memLevel: number;
    chunkSize: number;
  }): unknown;
  createInflateRaw(options: { windowBits: number; chunkSize: number }): unknown;
}

/** Length in bytes of the stream's own output buffer, which is not used: the minimum allowed. */
export const chunkSize = 64;

/** The native handle of a `node:zlib` stream, the same on all three runtimes. */
interface Handle {
  onerror: () => void;
  reset(): void;
  writeSync(
    flush: number,
    input: Uint8Array,
    inputStart: number,
    inputLength: number,
    output: Uint8Array,
    outputStart: number,
    outputLength: number,
  ): unknown;
}

interface NativeStream {
  readonly _handle: Handle;
  /** `[unused bytes of the output, unconsumed bytes of the input]`. Stale after an error. */
  readonly _writeState: Uint32Array;
  close(): void;
}

/**
 * A `node:zlib` stream that is used through its handle. `writeSync` completes its work before it
 * returns, without a thread, a promise or an event. The handle is undocumented, but other packages
 * have long relied on it, and `zlibCompressors` tests it before use.
 */
export class ZlibStream {
  /** Whether the last write failed because its input is not DEFLATE data. Cleared by `reset`. */
  failed = false;
  private readonly stream: NativeStream;
  private readonly constants: ZlibModule["constants"];
  private closed = false;

  constructor({ constants }: ZlibModule, stream: unknown) {
    this.stream = stream as NativeStream;
    this.constants = constants;
    // The stream's own handler would emit an `error` event that has no listener.
    this.stream._handle.onerror = () => {
      this.failed = true;
    };
  }

  /** After `write`: number of unused bytes at the end of the output. */
  get outputLeft(): number {
    return this.stream._writeState[0];
  }

  /** After `write`: number of unconsumed bytes at the end of the input. */
  get inputLeft(): number {
    return this.stream._writeState[1];
  }

  /**
   * Compresses or decompresses `input` from `start` to `end` into `output` from `offset`, until the
   * input is consumed or the output is full.
   *
   * @param input - Borrowed, not modified.
   * @param output - Modified.
   * @param isLast - Whether to flush all output. Otherwise some of it may stay in the stream.
   */
  write(
    input: Uint8Array,
    start: number,
    end: number,
    output: Uint8Array,
    offset: number,
    isLast = true,
  ): void {
    const { _handle: handle } = this.stream;
    this.checkOpen();
    const { Z_NO_FLUSH, Z_SYNC_FLUSH } = this.constants;
    const flush = isLast ? Z_SYNC_FLUSH : Z_NO_FLUSH;
    handle.writeSync(flush, input, start, end - start, output, offset, output.length - offset);
  }

  /** Discards the window and clears an error. */
  reset(): void {
    this.checkOpen();
    this.failed = false;
    this.stream._handle.reset();
  }

  /** Frees the native memory at once. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.stream.close();
  }

  /** Using a closed handle ends the process: writing or resetting on Node, resetting on Deno. */
  private checkOpen(): void {
    if (this.closed) throw new Error("the compressor is closed");
  }
}

/** Closes dropped streams. Otherwise Deno never frees them and Bun frees them late. */
const dropped = new FinalizationRegistry<ZlibStream>((stream) => stream.close());

/** Closes a stream when its owner is garbage-collected. */
export function closeWithOwner(owner: object, stream: ZlibStream): void {
  dropped.register(owner, stream);
}

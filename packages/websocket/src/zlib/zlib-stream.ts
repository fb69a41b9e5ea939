/** What is used of `node:zlib`, which Node, Deno and Bun all have. */
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

/** The least that is allowed, in bytes: of the stream's own output buffer, which is not used. */
export const chunkSize = 64;

/** What is behind a stream of `node:zlib`, on all three runtimes. */
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
  /** Room left in the output, bytes left of the input; stale after a fault. */
  readonly _writeState: Uint32Array;
  close(): void;
}

/**
 * A stream of `node:zlib` by its handle, whose `writeSync` has done all its work when it returns:
 * no thread, no promise, no event. The handle is undocumented, but other packages have relied on it
 * for as long as there is one; `zlibCompressors` tries it before it is used.
 */
export class ZlibStream {
  /** The last write failed: the data is not DEFLATE. Until `reset`. */
  failed = false;
  private readonly stream: NativeStream;
  private readonly constants: ZlibModule["constants"];
  private closed = false;

  constructor({ constants }: ZlibModule, stream: unknown) {
    this.stream = stream as NativeStream;
    this.constants = constants;
    // The stream's own would emit an error that nobody hears.
    this.stream._handle.onerror = () => {
      this.failed = true;
    };
  }

  /** After `write`: how many bytes of the output it did not need. */
  get outputLeft(): number {
    return this.stream._writeState[0];
  }

  /** After `write`: how many bytes of the input it did not take. */
  get inputLeft(): number {
    return this.stream._writeState[1];
  }

  /**
   * Works on `input` from `start` to `end`, into `output` from `offset`, as far as there is room.
   *
   * @param isLast - Whether everything is to come out; otherwise some of it may stay in the stream.
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

  /** Forgets the window, and a fault. */
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

  /** A closed handle ends the process: Node's by writing and by resetting, Deno's by resetting. */
  private checkOpen(): void {
    if (this.closed) throw new Error("the compressor is closed");
  }
}

/** Deno never frees a stream that is dropped without having been closed, Bun late. */
const dropped = new FinalizationRegistry<ZlibStream>((stream) => stream.close());

/** Sees to it that a stream is closed when its owner is collected. */
export function closeWithOwner(owner: object, stream: ZlibStream): void {
  dropped.register(owner, stream);
}

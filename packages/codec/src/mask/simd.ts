import { maskModule } from "./module.ts";

/** How many bytes are masked at a time: a block stays in the first-level cache. */
const blockLength = 32_768;
/** Views of up to this many bytes are kept, because making one costs as much as masking. */
const longestViewed = 1_024;
/** Address of `block`. A frame header of up to this many bytes fits before it. */
const blockAddress = 16;

interface Exports {
  mask(start: number, end: number, key: number): number;
  memory: { buffer: ArrayBuffer };
}
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
}
const globals = globalThis as unknown as {
  WebAssembly?: WebAssemblyApi;
  atob(base64: string): string;
};

/**
 * Masks bytes by WebAssembly SIMD; see `maskInto`. Bytes are copied into its memory, masked there
 * and copied to the target.
 */
export class SimdMask {
  /**
   * Scratch memory in which payloads are masked. Encoders may write into it directly. Its contents
   * are undefined.
   */
  readonly block: Uint8Array;
  private readonly mask: Exports["mask"];
  private readonly memory: ArrayBuffer;
  /** Memory for whole chunks, which starts before `block` and includes it. */
  private readonly chunk: Uint8Array;
  /** The chunk that was copied to `chunk`, if nothing else was written there since. */
  private loaded: Uint8Array | undefined = undefined;
  /** `headed[n]` starts `n` bytes before `block`, created when it is first needed. */
  private readonly headed: (Uint8Array | undefined)[] = new Array(blockAddress + 1).fill(undefined);
  /** `views[n]` is a view of the first `n` bytes of `block`, created when it is first needed. */
  private readonly views: (Uint8Array | undefined)[] = new Array(longestViewed + 1).fill(undefined);

  /** @param exports - The exports of the WebAssembly module. */
  constructor({ mask, memory }: Exports) {
    this.mask = mask;
    this.memory = memory.buffer;
    this.chunk = new Uint8Array(memory.buffer, 0, blockAddress + blockLength);
    this.block = new Uint8Array(memory.buffer, blockAddress, blockLength);
  }

  /**
   * Copies bytes and masks them while copying.
   *
   * @param target - Modified from `offset`. It may be `bytes` if `offset` is `start`.
   * @param bytes - Borrowed, not modified; read from `start` to `end`.
   * @param key - The key word for the first byte.
   * @returns Whether all of the bytes are ASCII now.
   */
  maskInto(
    target: Uint8Array,
    offset: number,
    bytes: Uint8Array,
    start: number,
    end: number,
    key: number,
  ): boolean {
    let isAscii = true;
    for (let at = start, to = offset; at < end; at += blockLength, to += blockLength) {
      const length = Math.min(end - at, blockLength);
      this.load(bytes, at, at + length);
      if (!this.maskOut(target, to, length, key)) isAscii = false;
    }
    return isAscii;
  }

  /**
   * Copies a part of a chunk and masks the copy. Many parts of one chunk cost one copy of the chunk.
   *
   * @param bytes - The chunk. Borrowed until `forget`, not modified.
   * @param key - The key word for the first byte. 0 leaves the bytes as they are.
   * @returns A new array with memory of its own; undefined if the chunk is too long or has lost its
   *   memory.
   */
  slice(bytes: Uint8Array, start: number, end: number, key: number): Uint8Array | undefined {
    const { chunk } = this;
    if (bytes.length > chunk.length || end > bytes.length) return undefined;
    if (this.loaded !== bytes) {
      chunk.set(bytes);
      this.loaded = bytes;
    }
    if (key !== 0) this.mask(start, end, key);
    return chunk.slice(start, end);
  }

  /** Call it before the scratch memory or the chunk of `slice` changes. */
  forget(): void {
    this.loaded = undefined;
  }

  /** Copies bytes to `block`, without a view of them if they fit: its header goes before `block`. */
  private load(bytes: Uint8Array, start: number, end: number): void {
    this.loaded = undefined;
    if (end < bytes.length || start > blockAddress) this.block.set(bytes.subarray(start, end));
    else if (start === 0) this.block.set(bytes);
    else this.startingWith(start).set(bytes);
  }

  private startingWith(headerLength: number): Uint8Array {
    const view = this.headed[headerLength];
    if (view !== undefined) return view;
    const made = new Uint8Array(
      this.memory,
      blockAddress - headerLength,
      headerLength + blockLength,
    );
    this.headed[headerLength] = made;
    return made;
  }

  /**
   * Masks the bytes at the start of `block` and copies them.
   *
   * @param target - Modified from `offset`.
   * @param length - In bytes, at most that of `block`.
   * @param key - The key word for the first byte.
   * @returns Whether all of the bytes are ASCII now.
   */
  maskOut(target: Uint8Array, offset: number, length: number, key: number): boolean {
    const seen = this.mask(blockAddress, blockAddress + length, key);
    target.set(this.first(length), offset);
    return seen === 0;
  }

  private first(length: number): Uint8Array {
    if (length > longestViewed)
      return length === blockLength ? this.block : this.block.subarray(0, length);
    const view = this.views[length];
    if (view !== undefined) return view;
    this.views[length] = this.block.subarray(0, length);
    return this.views[length];
  }
}

/**
 * Instantiates the WebAssembly module.
 *
 * @returns undefined if the runtime has no WebAssembly SIMD or forbids it, for example by a content
 *   security policy.
 */
export function createSimdMask(
  api: WebAssemblyApi | undefined = globals.WebAssembly,
): SimdMask | undefined {
  if (api === undefined) return undefined;
  try {
    const code = Uint8Array.from(globals.atob(maskModule), (character) => character.charCodeAt(0));
    return new SimdMask(new api.Instance(new api.Module(code)).exports as Exports);
  } catch {
    return undefined;
  }
}

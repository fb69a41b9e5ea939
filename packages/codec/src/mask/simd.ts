import { maskModule } from "./module.ts";

/** How many bytes are masked at a time: a block stays in the first-level cache. */
const blockLength = 32_768;
/** Views of up to this many bytes are kept, because making one costs as much as masking. */
const longestViewed = 1_024;

interface Exports {
  mask(length: number, key: number): number;
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
  /** `views[n]` is a view of the first `n` bytes of `block`, created when it is first needed. */
  private readonly views: (Uint8Array | undefined)[] = new Array(longestViewed + 1).fill(undefined);

  /** @param exports - The exports of the WebAssembly module. */
  constructor({ mask, memory }: Exports) {
    this.mask = mask;
    this.block = new Uint8Array(memory.buffer, 0, blockLength);
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
      this.block.set(length === bytes.length ? bytes : bytes.subarray(at, at + length));
      if (!this.maskOut(target, to, length, key)) isAscii = false;
    }
    return isAscii;
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
    const seen = this.mask(length, key);
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

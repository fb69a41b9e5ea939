import { maskModule } from "./module.ts";

/** How much is masked at a time, in bytes: what stays in the processor's nearest cache. */
const blockLength = 32_768;
/** Of lengths up to this one, in bytes, a view is kept: making one costs as much as all the rest. */
const longestViewed = 1_024;

interface Exports {
  mask(length: number, key: number): number;
  memory: { buffer: ArrayBuffer };
}
interface WebAssemblyApi {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { exports: unknown };
}
const platform = globalThis as unknown as {
  WebAssembly?: WebAssemblyApi;
  atob(base64: string): string;
};

/** Masks by WebAssembly; see `maskInto`. Bytes are copied in, masked there and copied to where they have to go. */
export class SimdMask {
  /** Where bytes are masked: what is only now made can be written here in the first place. Holds anything. */
  readonly block: Uint8Array;
  private readonly mask: Exports["mask"];
  /** The first so many bytes of `block`. */
  private readonly views: (Uint8Array | undefined)[] = new Array(longestViewed + 1).fill(undefined);

  /** @param exports - Those of the module. */
  constructor({ mask, memory }: Exports) {
    this.mask = mask;
    this.block = new Uint8Array(memory.buffer, 0, blockLength);
  }

  /**
   * Copies bytes and masks them on the way.
   *
   * @param target - Modified from `offset`; may be `bytes`, when `offset` is `start`.
   * @param bytes - Read from `start` to `end`.
   * @param key - The key word for the first byte.
   * @returns Whether all of them are ASCII now.
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
   * Masks what stands at the start of `block` and copies it.
   *
   * @param target - Modified from `offset`.
   * @param length - In bytes, at most that of `block`.
   * @param key - The key word for the first byte.
   * @returns Whether all of it is ASCII now.
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
 * Makes the module ready.
 *
 * @returns undefined where there is no WebAssembly with vectors, or where it is not allowed, as by a
 *   content security policy.
 */
export function createSimdMask(
  api: WebAssemblyApi | undefined = platform.WebAssembly,
): SimdMask | undefined {
  if (api === undefined) return undefined;
  try {
    const code = Uint8Array.from(platform.atob(maskModule), (character) => character.charCodeAt(0));
    return new SimdMask(new api.Instance(new api.Module(code)).exports as Exports);
  } catch {
    return undefined;
  }
}

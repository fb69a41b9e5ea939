import { maskModule } from "./module.ts";

/** How much is masked at a time, in bytes: what stays in the processor's nearest cache. */
const blockLength = 32_768;

interface Exports {
  mask(length: number, key: number): void;
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

/**
 * Masks by WebAssembly; see `maskInto`. Bytes are copied in, masked there and copied to where they
 * have to go, which may be where they came from. `key` is the key word for the first byte.
 */
export type SimdMask = (
  target: Uint8Array,
  offset: number,
  bytes: Uint8Array,
  start: number,
  end: number,
  key: number,
) => void;

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
  let exports: Exports;
  try {
    const code = Uint8Array.from(platform.atob(maskModule), (character) => character.charCodeAt(0));
    exports = new api.Instance(new api.Module(code)).exports as Exports;
  } catch {
    return undefined;
  }
  const { mask } = exports;
  const memory = new Uint8Array(exports.memory.buffer);
  const block = memory.subarray(0, blockLength);
  return (target, offset, bytes, start, end, key) => {
    for (let at = start, to = offset; at < end; at += blockLength, to += blockLength) {
      const length = Math.min(end - at, blockLength);
      memory.set(bytes.subarray(at, at + length));
      mask(length, key);
      target.set(length === blockLength ? block : memory.subarray(0, length), to);
    }
  };
}

import type { Bytes } from "@framewright/codec";

/** The part of `node:buffer` that allocates memory. */
interface BufferModule {
  readonly Buffer: { allocUnsafeSlow(length: number): { readonly buffer: ArrayBuffer } };
}

/**
 * Minimum length in bytes of unzeroed memory. From here on, zeroing memory that is overwritten
 * anyway would be the largest part of the cost.
 */
const unzeroedFrom = 4_096;

/** Returns the `allocate` function of a `RuntimeSupport` with `node:buffer`. */
export function bufferAllocate({ Buffer }: BufferModule): (length: number) => Bytes {
  return (length) => {
    if (length < unzeroedFrom) return new Uint8Array(length);
    return new Uint8Array(Buffer.allocUnsafeSlow(length).buffer);
  };
}

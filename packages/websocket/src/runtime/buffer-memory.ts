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

/** The first message of at least this many bytes raises the trim threshold. */
const longFrom = 32_768;

/** glibc raises its thresholds for mappings of up to 32 MiB, its own header included. */
const maxThreshold = 33_554_432 - 65_536;

/**
 * Returns an `allocate` function that makes glibc keep up to 64 MiB of freed memory from the first long
 * message on. By default glibc returns what is free beyond 128 KiB, and the next messages cause a page
 * fault for every 4 KiB. It raises that threshold to twice the length of a mapping that is freed
 * (mallopt(3), "dynamic mmap threshold"). Other allocators are not affected.
 */
export function keepingMemory(allocate: (length: number) => Bytes): (length: number) => Bytes {
  let isRaised = false;
  return (length) => {
    if (length >= longFrom && !isRaised) {
      isRaised = true;
      raiseTrimThreshold();
    }
    return allocate(length);
  };
}

/** Makes a long allocation and frees it. Nothing writes to it, so it never needs real memory. */
function raiseTrimThreshold(): void {
  try {
    const memory: ArrayBuffer & { transfer?(length: number): void } = new ArrayBuffer(maxThreshold);
    memory.transfer?.(0);
  } catch {
    // There is not that much address space, so there is nothing to keep.
  }
}

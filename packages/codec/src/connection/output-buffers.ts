import { BufferPool } from "../bytes/buffer-pool.ts";
import { noBytes } from "../bytes/bytes.ts";

/** Length of a large output buffer in bytes: a message of 64 KiB and some more. */
export const outputBufferSize = 69_632;

/**
 * Length of a connection's first output buffer in bytes. It fits most responses. A large buffer for
 * each of many connections costs mostly zeroing: on Deno, whose writes are asynchronous, that was
 * half of an echo's cost.
 */
const smallBufferSize = 4_096;

/**
 * Length of a part of a small buffer in bytes. If a loop sends to more connections than there are
 * free buffers, 16 connections share a new one, which costs 0.5 to 2 us.
 */
const partSize = 256;
/** Parts are used after this many small buffers were made and none was released. */
const maxMadeInARow = 16;

let madeInARow = 0;
/** The small buffer whose parts are handed out, and how much of it is in use. */
let shared = noBytes;
let sharedEnd = 0;

/**
 * Length of a huge output buffer in bytes: a message of 1 MiB and some more. Fresh memory of that
 * length costs 50 to 65 us, more than masking it.
 */
const hugeBufferSize = 1_052_672;

/**
 * Free buffers, shared by all connections of the process: at most 1 MiB of small, 4.25 MiB of large
 * and 4 MiB of huge ones. If writes are asynchronous, all connections with input in one turn of the
 * event loop hold a buffer at the same time, and fresh ones cost more than the rest of a burst. On
 * Deno, 64 connections with bursts of 64 B take 0.24 us a message with 64 large buffers, and 0.54
 * with 8.
 */
const small = /* @__PURE__ */ new BufferPool(256);
const large = /* @__PURE__ */ new BufferPool(64);
const huge = /* @__PURE__ */ new BufferPool(4);

/** See `trimPools`. Returns how many free buffers are left. */
export function trimOutputBuffers(): number {
  return small.trim() + large.trim() + huge.trim();
}

/** Whether a buffer is a small one, or a part of one. */
export function isShort(buffer: Uint8Array): boolean {
  return buffer.length === smallBufferSize || buffer.length === partSize;
}

/** Returns the next length for the output of a short buffer. */
export function longerLength(buffer: Uint8Array): number {
  return buffer.length === partSize ? smallBufferSize : outputBufferSize;
}

/** Called when there is no free small buffer. Returns a part of one if that is long enough. */
function makeSmallBuffer(length: number): Uint8Array {
  if (length > partSize || madeInARow < maxMadeInARow) {
    madeInARow++;
    return new Uint8Array(smallBufferSize);
  }
  if (sharedEnd === shared.length) {
    shared = new Uint8Array(smallBufferSize);
    sharedEnd = 0;
  }
  sharedEnd += partSize;
  return shared.subarray(sharedEnd - partSize, sharedEnd);
}

/** Takes a buffer of at least `length` bytes from its pool, or makes one. */
export function acquireBuffer(length: number): Uint8Array {
  if (length <= smallBufferSize) return small.acquire() ?? makeSmallBuffer(length);
  if (length <= outputBufferSize) return large.acquire() ?? new Uint8Array(outputBufferSize);
  if (length > hugeBufferSize) return new Uint8Array(length);
  // A new buffer is never much longer than needed.
  return huge.acquire() ?? new Uint8Array(length * 4 < hugeBufferSize ? length : hugeBufferSize);
}

/** Returns a buffer to its pool, if it came from one. Nothing else may refer to it. */
export function releaseBuffer(buffer: Uint8Array): void {
  if (buffer.length === smallBufferSize) {
    madeInARow = 0;
    small.release(buffer);
  } else if (buffer.length === outputBufferSize) large.release(buffer);
  else if (buffer.length === hugeBufferSize) huge.release(buffer);
}

/**
 * The memory that all connections of a process share. Each worker thread has its own copy of all of
 * it.
 *
 * Trimmed by `trimPools`:
 *
 * - Output buffers (`connection/output-buffers.ts`). Free are at most 256 of 4 KiB, 64 of 68 KiB and 4 of
 *   1,028 KiB, together 9.3 MiB. Frames are encoded into them, so that a burst of messages is one
 *   write. Fresh memory costs more than the encoding. The number of buffers in use is not limited
 *   here: each connection with waiting bytes has at least one.
 * - Gather buffers (`message/message-memory.ts`). Free or in use are at most 8 of 1 MiB, together
 *   8 MiB. Messages in pieces grow in them without fresh memory, of which 1 MiB costs 50 to 65 us.
 *
 * Kept for the life of the process once made:
 *
 * - Masking scratch (`mask/block.ts`). One WebAssembly memory of 64 KiB, of which 32 KiB are used,
 *   and at most 1,024 cached views of it. SIMD can mask bytes only in WebAssembly memory. Without
 *   SIMD, 32 KiB of an array.
 * - Text scratch (`connection/output-frames.ts`). 64 KiB, in which text is encoded before it is
 *   compressed. Longer text gets memory of its own, which is not kept.
 * - Spare output queues (`connection/output.ts`). At most 64, without a buffer: most connections have
 *   sent everything before the next ones need a queue.
 * - Spare assemblers (`connection/assembler-pool.ts`). One, with its decoder, for each options
 *   object: an idle connection needs none. It is collected with the options.
 * - Compressors (`deflate/compressor-pool.ts`). A `CompressorPool`, of which a transport has one,
 *   bounds all open compressors of its connections by `DeflateSettings.maxMemory`, as estimated.
 *   Connections that keep no window share one deflator for each set of parameters, which stays
 *   open, and take an inflator of 52 KiB for one message. At most 8 idle inflators are kept.
 *
 * No connection sees the bytes of another one. Only bytes that were just written are sent from an
 * output buffer. Before a message in a gather buffer is given to the user, the bytes that other
 * messages left after it are erased.
 *
 * @module
 */

import { trimOutputBuffers } from "./connection/output-buffers.ts";
import { trimGatherBuffers } from "./message/message-memory.ts";

/**
 * Drops pooled memory that no connection has needed since the last call. Call it every few seconds
 * while it returns true, and again after bytes were sent or received.
 *
 * @returns Whether any pooled memory is left.
 */
export function trimPools(): boolean {
  return trimOutputBuffers() + trimGatherBuffers() > 0;
}

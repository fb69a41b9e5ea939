import { type OutputQueue, outputBufferSize } from "@framewright/codec/internal";
import type { Transport } from "./transport.ts";

/** The last view of the start of each output buffer. */
const views = new WeakMap<Uint8Array, Uint8Array>();

/**
 * Returns a view of the bytes from `start` to `end`. The queues of all connections take turns with few
 * buffers, and answers often have the same length, so the last view of a buffer often fits again.
 *
 * @param isReachable - Whether user code can reach the memory. The view of it is not kept.
 */
export function outputView(
  bytes: Uint8Array,
  start: number,
  end: number,
  isReachable: boolean,
): Uint8Array {
  if (end - start === bytes.length) return bytes;
  // A longer buffer is not from a pool.
  if (isReachable || start > 0 || bytes.length > outputBufferSize)
    return bytes.subarray(start, end);
  const kept = views.get(bytes);
  if (kept?.length === end) return kept;
  const view = bytes.subarray(0, end);
  views.set(bytes, view);
  return view;
}

/**
 * Writes the bytes from `start` to `end`. A transport that throws, although its contract forbids it,
 * has failed.
 *
 * @returns The number of bytes that were accepted. Its listener may have been told of the failure.
 */
export function writeBytes(
  transport: Transport,
  bytes: Uint8Array,
  start = 0,
  end = bytes.length,
  isReachable = true,
): number {
  try {
    if (transport.writePart !== undefined)
      return transport.writePart(bytes, start, end, isReachable);
    return transport.write(outputView(bytes, start, end, isReachable));
  } catch (error) {
    const { listener } = transport;
    transport.destroy();
    listener.failed(error instanceof Error ? error : new Error(String(error)));
    return 0;
  }
}

/**
 * Writes queued bytes until the queue is empty or the transport accepts no more.
 *
 * @param output - Modified: accepted bytes are removed.
 * @returns Whether the transport accepted all bytes. If not, it calls `drained` later.
 */
export function writeOut(output: OutputQueue, transport: Transport): boolean {
  for (let bytes = output.peek(); bytes !== undefined; bytes = output.peek()) {
    const taken = writeBytes(transport, bytes);
    output.advance(taken);
    if (taken < bytes.length) return false;
  }
  return true;
}

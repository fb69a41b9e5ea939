import type { OutputQueue } from "@framewright/codec/internal";
import type { Transport } from "./transport.ts";

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
): number {
  try {
    if (transport.writePart !== undefined) return transport.writePart(bytes, start, end);
    return transport.write(end - start === bytes.length ? bytes : bytes.subarray(start, end));
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

import type { OutputQueue } from "@framewright/codec/internal";
import type { Transport } from "./transport.ts";

/**
 * Writes queued bytes until the queue is empty or the transport accepts no more.
 *
 * @param output - Modified: accepted bytes are removed.
 * @returns Whether the transport accepted all bytes. If not, it calls `drained` later.
 */
export function writeOut(output: OutputQueue, transport: Transport): boolean {
  for (let bytes = output.peek(); bytes !== undefined; bytes = output.peek()) {
    const taken = transport.write(bytes);
    output.advance(taken);
    if (taken < bytes.length) return false;
  }
  return true;
}

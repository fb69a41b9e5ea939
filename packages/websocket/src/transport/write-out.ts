import type { OutputQueue } from "@framewright/codec/internal";
import type { Transport } from "./transport.ts";

/**
 * Writes what waits, as far as the transport takes it.
 *
 * @param output - Modified: what was taken is dropped from it.
 * @returns Whether all was taken; when not, `drained` is called later.
 */
export function writeOut(output: OutputQueue, transport: Transport): boolean {
  for (let bytes = output.peek(); bytes !== undefined; bytes = output.peek()) {
    const taken = transport.write(bytes);
    output.advance(taken);
    if (taken < bytes.length) return false;
  }
  return true;
}

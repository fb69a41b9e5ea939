import { trimOutputBuffers } from "./connection/output.ts";
import { trimGatherBuffers } from "./message/message-memory.ts";

/**
 * Lets go of pooled memory that no connection has needed since the last call: call it every few seconds as long as it
 * returns true, and again after there was something to send or to receive.
 *
 * @returns Whether any is left.
 */
export function trimPools(): boolean {
  return trimOutputBuffers() + trimGatherBuffers() > 0;
}

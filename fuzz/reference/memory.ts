import { MessageBuffer } from "../../packages/codec/src/bytes/message-buffer.ts";
import { check } from "./check.ts";

/**
 * Bytes that a connection needs at any time: a partial header and the initial sizes of small
 * buffers.
 */
const allowance = 1024;

/**
 * Not counted: what the caller passed, what connections share, the output queue, and what is
 * reported once.
 */
const notCounted = new Set(["options", "assemblers", "queue", "closed", "error"]);

/**
 * From this length the buffer of a long frame may be four times as long as what was received, plus
 * this allowance.
 */
const quickGrowth = 32_768;
const quickAllowance = 4096;

/**
 * Returns how many bytes an object may hold: buffers that double and their copies while they grow,
 * but nothing that only a declared length asks for.
 */
export function mostHeld(received: number, maxMessageSize: number): number {
  const length = Math.min(received, maxMessageSize);
  if (length < quickGrowth) return 3 * length + allowance;
  return 4 * length + quickAllowance + allowance;
}

/** Counts the bytes reachable from an object. A view counts with its whole buffer. */
export function heldBytes(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  if (ArrayBuffer.isView(value)) return value.buffer.byteLength;
  // With reserved memory, shared by all connections, only the received bytes count.
  if (value instanceof MessageBuffer && value.isGatherBuffer) return value.length;
  let bytes = 0;
  for (const [name, part] of Object.entries(value)) {
    if (!notCounted.has(name)) bytes += heldBytes(part);
  }
  return bytes;
}

/**
 * Checks from time to time that an object does not hold too much: whenever a quarter more has been
 * received.
 */
export class Scales {
  private nextAt = 0;

  /** @param received - Number of bytes that the object has received. */
  weigh(object: unknown, received: number, most: number): void {
    if (received < this.nextAt) return;
    this.nextAt = received + 16 + (received >> 2);
    const held = heldBytes(object);
    check(held <= most, `${held} bytes are held of ${received} received`);
  }
}

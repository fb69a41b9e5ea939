import { check } from "./check.ts";

/** What a connection needs whatever it has received: a cut header, and what small buffers start with. */
const allowance = 1024;

/** What the caller gave, what all connections share, what waits to go out, and what is told once. */
const notCounted = new Set(["options", "assemblers", "queue", "closed", "error"]);

/** From here on the buffer of a long frame may be four times as long as what has come, and so much more. */
const quickGrowth = 32_768;
const quickAllowance = 4096;

/**
 * How many bytes an object may hold on to: buffers that double, and what is copied while they do,
 * but nothing that only a declared length asks for.
 */
export function mostHeld(received: number, maxMessageSize: number): number {
  const length = Math.min(received, maxMessageSize);
  if (length < quickGrowth) return 3 * length + allowance;
  return 4 * length + quickAllowance + allowance;
}

/** Counts the memory that can be reached from an object; of a view, all that it keeps alive. */
export function heldBytes(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (typeof value !== "object" || value === null) return 0;
  if (ArrayBuffer.isView(value)) return value.buffer.byteLength;
  // In memory of which there is little, for all connections: what has come is all that counts.
  if ("borrowed" in value && value.borrowed === true)
    return (value as unknown as { length: number }).length;
  let bytes = 0;
  for (const [name, part] of Object.entries(value)) {
    if (!notCounted.has(name)) bytes += heldBytes(part);
  }
  return bytes;
}

/** Checks now and then that an object does not hold too much: each time a quarter more has come. */
export class Scales {
  private nextAt = 0;

  /** @param received - How many bytes the object has received. */
  weigh(object: unknown, received: number, most: number): void {
    if (received < this.nextAt) return;
    this.nextAt = received + 16 + (received >> 2);
    const held = heldBytes(object);
    check(held <= most, `${held} bytes are held of ${received} received`);
  }
}

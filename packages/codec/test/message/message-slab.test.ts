import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageSlab } from "../../src/message/message-slab.ts";
import { hex, pattern } from "../bytes.ts";

describe("MessageSlab", () => {
  test("returns zeroed memory that is not shared", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 1024 }), { maxLength: 100 }), (lengths) => {
        const slab = new MessageSlab();
        const taken = lengths.map((length, i) => {
          const bytes = slab.take(length);
          expect(hex(bytes)).toBe("00".repeat(length));
          bytes.set(pattern(length, i));
          return bytes;
        });
        for (const [i, bytes] of taken.entries())
          expect(hex(bytes)).toBe(hex(pattern(lengths[i], i)));
      }),
    );
  });

  test("grows by doubling, up to 16 messages", () => {
    const slab = new MessageSlab();
    const lengths = Array.from({ length: 47 }, () => slab.take(32).buffer.byteLength);
    expect(lengths).toEqual(
      [1, 2, 2, 4, 4, 4, 4].map((n) => n * 32).concat(Array(8).fill(256), Array(32).fill(512)),
    );
  });

  test("allocates at most 4 KiB, and at least the message's length", () => {
    const slab = new MessageSlab();
    const taken = Array.from({ length: 100 }, () => slab.take(1_000));
    expect(Math.max(...taken.map(({ buffer }) => buffer.byteLength))).toBe(4_096);
    expect(slab.take(1_024)).toHaveLength(1_024);
    const other = new MessageSlab();
    other.take(3);
    expect(other.take(1_024).buffer.byteLength).toBe(1_024);
  });

  test("does not use memory that was transferred", () => {
    const slab = new MessageSlab();
    slab.take(10);
    const { buffer } = slab.take(10);
    structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    expect(slab.take(10)).toHaveLength(10);
  });
});

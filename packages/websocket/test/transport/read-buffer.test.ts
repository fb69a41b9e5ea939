import fc from "fast-check";
import { expect, test } from "vitest";
import { ReadBuffer } from "../../src/transport/read-buffer.ts";

/** Reads of some lengths, each into bytes that say which read they are of. */
const reads = fc.array(
  fc.record({ length: fc.integer({ min: 1, max: 300 }), isExposed: fc.boolean() }),
  { maxLength: 12 },
);

test("an exposed read shows its own bytes alone", () => {
  const buffer = new ReadBuffer();
  fc.assert(
    fc.property(reads, (lengths) => {
      for (const [index, { length, isExposed }] of lengths.entries()) {
        buffer.bytes.fill(index + 1, 0, length);
        const bytes = buffer.lastRead(length, isExposed);
        expect(bytes).toEqual(new Uint8Array(length).fill(index + 1));
        if (!isExposed) continue;
        const whole = new Uint8Array(bytes.buffer).slice();
        whole.fill(0, bytes.byteOffset, bytes.byteOffset + length);
        expect(whole.findIndex((byte) => byte !== 0)).toBe(-1);
      }
    }),
    { numRuns: 50 },
  );
});

test("the view covers no more than the read, and lies in the buffer", () => {
  const buffer = new ReadBuffer();
  expect(buffer.bytes.length).toBe(262_144);
  for (const length of [1, 65_536, buffer.bytes.length]) {
    const bytes = buffer.lastRead(length, true);
    expect(bytes.buffer).toBe(buffer.bytes.buffer);
    expect(bytes.byteOffset).toBe(buffer.bytes.byteOffset);
    expect(bytes.length).toBe(length);
  }
});

test("user code cannot transfer the memory", () => {
  const { bytes } = new ReadBuffer();
  const memory = bytes.buffer as ArrayBuffer;
  expect(() => structuredClone(bytes, { transfer: [memory] })).toThrow();
  expect(() => (memory as unknown as { transfer(): void }).transfer()).toThrow(TypeError);
  expect(bytes.length).toBe(262_144);
});

import * as buffer from "node:buffer";
import { afterEach, expect, test, vi } from "vitest";
import { bufferAllocate, keepingMemory } from "../../src/runtime/buffer-memory.ts";

test("returns memory of its own, and zeros if it is short", () => {
  const allocate = bufferAllocate(buffer);
  for (const length of [0, 1, 4_095, 4_096, 100_000]) {
    const bytes = allocate(length);
    expect([bytes.length, bytes.byteOffset, bytes.buffer.byteLength]).toEqual([length, 0, length]);
    expect(bytes.constructor).toBe(Uint8Array);
    if (length < 4_096) expect(bytes.every((byte) => byte === 0)).toBe(true);
  }
});

afterEach(() => void vi.unstubAllGlobals());

test("the first long message makes long memory once, and frees it", () => {
  const made: { length: number; buffer: ArrayBuffer }[] = [];
  class Recorded extends ArrayBuffer {
    constructor(length: number) {
      super(length);
      made.push({ length, buffer: this });
    }
  }
  vi.stubGlobal("ArrayBuffer", Recorded);
  const asked: number[] = [];
  const allocate = keepingMemory((length) => {
    asked.push(length);
    return new Uint8Array(length);
  });
  const lengths = [100, 32_767, 32_768, 100_000, 1];
  for (const length of lengths) expect(allocate(length).length).toBe(length);
  expect(asked).toEqual(lengths);
  expect(made).toHaveLength(1);
  // glibc learns from mappings of up to 32 MiB.
  expect(made[0]?.length).toBeLessThan(2 ** 25);
  expect(made[0]?.length).toBeGreaterThan(2 ** 24);
  expect(made[0]?.buffer.byteLength).toBe(0);
});

test("a process that cannot have long memory goes on", () => {
  vi.stubGlobal("ArrayBuffer", function refuse() {
    throw new RangeError("Array buffer allocation failed");
  });
  const bytes = new Uint8Array(40_000);
  expect(keepingMemory(() => bytes)(bytes.length)).toBe(bytes);
});

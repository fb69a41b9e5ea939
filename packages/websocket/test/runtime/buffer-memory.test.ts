import * as buffer from "node:buffer";
import { expect, test } from "vitest";
import { bufferAllocate } from "../../src/runtime/buffer-memory.ts";

test("returns memory of its own, and zeros if it is short", () => {
  const allocate = bufferAllocate(buffer);
  for (const length of [0, 1, 4_095, 4_096, 100_000]) {
    const bytes = allocate(length);
    expect([bytes.length, bytes.byteOffset, bytes.buffer.byteLength]).toEqual([length, 0, length]);
    expect(bytes.constructor).toBe(Uint8Array);
    if (length < 4_096) expect(bytes.every((byte) => byte === 0)).toBe(true);
  }
});

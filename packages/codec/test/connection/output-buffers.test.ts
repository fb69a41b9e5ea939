import { expect, test } from "vitest";
import {
  acquireBuffer,
  isShort,
  longerLength,
  outputBufferSize,
  releaseBuffer,
  trimOutputBuffers,
} from "../../src/connection/output-buffers.ts";

/** Drops all free buffers, and forgets how many were made in a row. */
function trim(): void {
  releaseBuffer(acquireBuffer(257));
  trimOutputBuffers();
  trimOutputBuffers();
}

test.each([
  [1, 4_096],
  [4_096, 4_096],
  [4_097, outputBufferSize],
  [outputBufferSize, outputBufferSize],
  [263_168, 1_052_672],
  [1_052_672, 1_052_672],
  [1_052_673, 1_052_673],
])("%d bytes get a buffer of %d", (length, expected) => {
  trim();
  const buffer = acquireBuffer(length);
  expect(buffer.length).toBe(expected);
  releaseBuffer(buffer);
});

test("a new buffer of a quarter of a huge one or less is no longer than needed", () => {
  trim();
  expect(acquireBuffer(100_000).length).toBe(100_000);
});

test.each([10, 5_000, 1_000_000])("a released buffer for %d bytes is used again", (length) => {
  trim();
  const buffer = acquireBuffer(length);
  releaseBuffer(buffer);
  expect(acquireBuffer(length)).toBe(buffer);
  releaseBuffer(buffer);
});

test("a buffer of another length is not kept", () => {
  trim();
  releaseBuffer(new Uint8Array(100));
  expect(trimOutputBuffers()).toBe(0);
});

test("after 16 new buffers in a row, connections share one, until one is released", () => {
  trim();
  const buffers = Array.from({ length: 32 }, () => acquireBuffer(256));
  expect(buffers.map(({ length }) => length)).toEqual([
    ...Array(16).fill(4_096),
    ...Array(16).fill(256),
  ]);
  expect(new Set(buffers.slice(16).map(({ byteOffset }) => byteOffset)).size).toBe(16);
  expect(acquireBuffer(257).length).toBe(4_096);
  expect(buffers.map(isShort)).toEqual(Array(32).fill(true));
  expect([longerLength(buffers[0]), longerLength(buffers[31])]).toEqual([outputBufferSize, 4_096]);
  expect(isShort(acquireBuffer(5_000))).toBe(false);
  releaseBuffer(buffers[31]); // a part is not used again
  expect(acquireBuffer(256).length).toBe(256);
  releaseBuffer(buffers[0]);
  expect(acquireBuffer(256)).toBe(buffers[0]);
  expect(acquireBuffer(256).length).toBe(4_096);
});

test("the second trim drops unused free buffers", () => {
  trim();
  for (const length of [10, 5_000, 1_000_000]) releaseBuffer(acquireBuffer(length));
  expect([trimOutputBuffers(), trimOutputBuffers()]).toEqual([3, 0]);
});

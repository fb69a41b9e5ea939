import { expect, test, vi } from "vitest";
import { allocationsOf } from "./allocations.ts";

test("trimPools drops all pooled memory that was not used since the last call", async () => {
  // Other tests in this process leave connections behind that hold pooled memory.
  vi.resetModules();
  const { OutputQueue } = await import("../src/connection/output.ts");
  const { MessageMemory } = await import("../src/message/message-memory.ts");
  const { trimPools } = await import("../src/pools.ts");
  while (trimPools());
  const memory = new MessageMemory({});
  const use = () => {
    for (const length of [10, 5_000, 1_048_590]) {
      const queue = new OutputQueue();
      queue.commit(queue.reserve(length) + length);
      queue.advance(length);
      queue.release();
    }
    const buffer = memory.acquireGatherBuffer(2_000);
    if (buffer !== undefined) memory.releaseGatherBuffer(buffer, 0);
  };
  use();
  expect(allocationsOf(use)).toEqual([]);
  expect(trimPools()).toBe(true);
  expect(allocationsOf(use)).toEqual([]);
  expect(trimPools()).toBe(true);
  expect(trimPools()).toBe(false);
  expect(allocationsOf(use).length).toBe(4);
  // New buffers count as well: there are at most 9 gather buffers.
  const buffers = Array.from({ length: 10 }, () => memory.acquireGatherBuffer(2_000));
  expect(buffers.filter((buffer) => buffer !== undefined)).toHaveLength(9);
  for (const buffer of buffers) {
    if (buffer !== undefined) memory.releaseGatherBuffer(buffer, 0);
  }
});

import { expect, test, vi } from "vitest";
import { allocationsOf } from "./allocations.ts";

test("all pooled memory is let go of when nobody has needed it between two calls", async () => {
  // Other tests that share this process leave connections behind that hold pooled memory.
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
    const room = memory.acquireGatherBuffer(2_000);
    if (room !== undefined) memory.releaseGatherBuffer(room, 0);
  };
  use();
  expect(allocationsOf(use)).toEqual([]);
  expect(trimPools()).toBe(true);
  expect(allocationsOf(use)).toEqual([]);
  expect(trimPools()).toBe(true);
  expect(trimPools()).toBe(false);
  expect(allocationsOf(use).length).toBe(4);
  // Those that are made now count as well: no more than 8 rooms.
  const rooms = Array.from({ length: 9 }, () => memory.acquireGatherBuffer(2_000));
  expect(rooms.filter((room) => room !== undefined)).toHaveLength(8);
  for (const room of rooms) if (room !== undefined) memory.releaseGatherBuffer(room, 0);
});

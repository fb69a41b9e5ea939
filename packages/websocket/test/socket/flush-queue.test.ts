import { expect, test } from "vitest";
import { flushSoon } from "../../src/socket/flush-queue.ts";

test("all bursts end in one microtask, in order; those added meanwhile in the next", async () => {
  const flushed: string[] = [];
  flushSoon({
    endBurst() {
      flushed.push("a");
      flushSoon({ endBurst: () => void flushed.push("c") });
    },
  });
  flushSoon({ endBurst: () => void flushed.push("b") });
  expect(flushed).toEqual([]);
  await Promise.resolve();
  expect(flushed).toEqual(["a", "b"]);
  await Promise.resolve();
  expect(flushed).toEqual(["a", "b", "c"]);
});

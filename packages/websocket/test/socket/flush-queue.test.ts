import { expect, test } from "vitest";
import { flushSoon } from "../../src/socket/flush-queue.ts";

test("all are flushed in one microtask, in order; those added meanwhile in the next", async () => {
  const flushed: string[] = [];
  flushSoon({
    flush() {
      flushed.push("a");
      flushSoon({ flush: () => void flushed.push("c") });
    },
  });
  flushSoon({ flush: () => void flushed.push("b") });
  expect(flushed).toEqual([]);
  await Promise.resolve();
  expect(flushed).toEqual(["a", "b"]);
  await Promise.resolve();
  expect(flushed).toEqual(["a", "b", "c"]);
});

import { expect, test } from "vitest";
import { countWaitingCopies, flushSoon } from "../../src/socket/flush-queue.ts";

test("all bursts end in one microtask, in order; those added meanwhile in the next", async () => {
  const ended: string[] = [];
  const bursting = (name: string, then = () => {}) => ({
    endBurst() {
      ended.push(name);
      then();
    },
    flush: () => void ended.push(`${name} at once`),
  });
  flushSoon(bursting("a", () => flushSoon(bursting("c"))));
  flushSoon(bursting("b"));
  expect(ended).toEqual([]);
  await Promise.resolve();
  expect(ended).toEqual(["a", "b"]);
  await Promise.resolve();
  expect(ended).toEqual(["a", "b", "c"]);
});

test("many bursts, such as those of a broadcast, are written at once, in order", async () => {
  const flushed: number[] = [];
  for (let index = 0; index < 20; index++) {
    flushSoon({ endBurst() {}, flush: () => void flushed.push(index) });
  }
  expect(flushed).toEqual([]);
  await Promise.resolve();
  expect(flushed).toEqual(Array.from({ length: 20 }, (_, index) => index));
});

test("256 KiB of copies may wait at once", () => {
  expect([262_000, 144, 1].map(countWaitingCopies)).toEqual([true, true, false]);
  countWaitingCopies(-262_145);
  expect(countWaitingCopies(262_144)).toBe(true);
  countWaitingCopies(-262_144);
});

import { expect, test } from "vitest";
import { WriteBatch } from "../../src/timing/write-batch.ts";

/** A batch whose turns the test ends by hand, with a clock that it advances. */
function manualBatch() {
  const scheduled: (() => void)[] = [];
  const clock = { now: 0 };
  const batch = new WriteBatch(
    (callback) => void scheduled.push(callback),
    () => clock.now,
  );
  const flushed: unknown[] = [];
  const join = (name: unknown) => batch.join({ flush: () => void flushed.push(name) });
  const endTurn = () => {
    for (const callback of scheduled.splice(0)) callback();
    return flushed.splice(0);
  };
  /** Joins until one is deferred. Returns how many were not. */
  const untilDeferred = () => {
    let count = 0;
    while (!join(`deferred after ${count}`)) count++;
    return count;
  };
  return { batch, clock, flushed, join, endTurn, untilDeferred };
}

/** Names of those that join. */
const names = (count: number) => Array.from({ length: count }, (_, index) => index);

test("those that join in a turn are flushed at its end, once and in order", () => {
  const { flushed, join, endTurn, untilDeferred } = manualBatch();
  const first = `deferred after ${untilDeferred()}`;
  for (const name of names(5)) expect(join(name)).toBe(true);
  expect(flushed).toEqual([]);
  expect(endTurn()).toEqual([first, ...names(5)]);
  expect(endTurn()).toEqual([]);
});

test("a batch that paid is followed by the next", () => {
  const { join, endTurn, untilDeferred } = manualBatch();
  untilDeferred();
  for (const name of names(3)) join(name);
  endTurn();
  for (const _ of names(3)) {
    for (const name of names(4)) expect(join(name)).toBe(true);
    expect(endTurn()).toEqual(names(4));
  }
});

test("while few join, ever fewer batches are tried, and as many as before once one paid", () => {
  const { join, endTurn, untilDeferred } = manualBatch();
  const tryFew = () => {
    const pause = untilDeferred();
    for (const name of names(2)) join(name);
    endTurn();
    return pause;
  };
  expect(names(8).map(tryFew)).toEqual([32, 32, 64, 128, 256, 512, 1_024, 1_024]);
  untilDeferred();
  for (const name of names(3)) join(name);
  endTurn();
  expect([untilDeferred(), endTurn().length]).toEqual([0, 1]);
  expect([untilDeferred(), untilDeferred()]).toEqual([32, 0]);
});

test("slow handlers delay the answers of others by 3 ms and one handler, in one turn", () => {
  const { clock, flushed, join, endTurn, untilDeferred } = manualBatch();
  const first = `deferred after ${untilDeferred()}`;
  for (const name of names(6)) {
    clock.now += 0.5;
    expect(join(name)).toBe(true);
  }
  expect(flushed).toEqual([]);
  clock.now += 0.5;
  expect(join("next")).toBe(true);
  expect(flushed.splice(0)).toEqual([first, ...names(6)]);
  for (const name of names(6)) join(name);
  expect(endTurn()).toEqual(["next", ...names(6)]);
  expect(untilDeferred()).toBe(32);
});

test("the last of a batch may be the slow one", () => {
  const { clock, join, endTurn, untilDeferred } = manualBatch();
  untilDeferred();
  for (const name of names(9)) join(name);
  clock.now += 3;
  endTurn();
  expect(untilDeferred()).toBe(0);
  for (const name of names(9)) join(name);
  clock.now += 3.1;
  endTurn();
  expect(untilDeferred()).toBe(32);
});

test("at most 64 wait for each other", () => {
  const { flushed, join, endTurn, untilDeferred } = manualBatch();
  const first = `deferred after ${untilDeferred()}`;
  for (const name of names(63)) join(name);
  expect(flushed).toEqual([]);
  expect(join("next")).toBe(true);
  expect(flushed.splice(0)).toEqual([first, ...names(63)]);
  expect(endTurn()).toEqual(["next"]);
});

test("one that joins while others are flushed is flushed too", () => {
  const { batch, flushed, join, endTurn, untilDeferred } = manualBatch();
  untilDeferred();
  for (const name of names(3)) join(name);
  const inner = { flush: () => void flushed.push("inner") };
  batch.join({ flush: () => expect(batch.join(inner)).toBe(true) });
  expect(endTurn().slice(-1)).toEqual(["inner"]);
  expect(endTurn()).toEqual([]);
});

test("by default the turn ends with setImmediate", async () => {
  const batch = new WriteBatch();
  const flushed: number[] = [];
  const join = () => batch.join({ flush: () => void flushed.push(1) });
  while (!join());
  await Promise.resolve();
  expect(flushed).toEqual([]);
  await new Promise<void>((resolve) => setImmediate(resolve));
  expect(flushed).toEqual([1]);
});

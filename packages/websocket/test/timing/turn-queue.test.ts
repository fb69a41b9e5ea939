import { expect, test } from "vitest";
import { TurnQueue, type TurnTaker } from "../../src/timing/turn-queue.ts";

/** Turns that the test runs by hand, with a clock that the workers advance. */
function manualTurns() {
  const scheduled: (() => void)[] = [];
  const clock = { now: 0 };
  const line = new TurnQueue(
    (callback) => void scheduled.push(callback),
    () => clock.now,
  );
  const runTurn = () => {
    const callbacks = scheduled.splice(0);
    for (const callback of callbacks) callback();
    return callbacks.length;
  };
  return { line, clock, runTurn };
}

test("quick workers all continue in one turn, once and in order", () => {
  const { line, runTurn } = manualTurns();
  const log: number[] = [];
  for (const name of [1, 2, 3]) line.join({ continueTurn: () => void log.push(name) });
  expect(log).toEqual([]);
  expect(runTurn()).toBe(1);
  expect(log).toEqual([1, 2, 3]);
  expect(runTurn()).toBe(0);
});

test("slow workers are spread over turns, and one that joins again waits behind all others", () => {
  const { line, clock, runTurn } = manualTurns();
  const log: string[] = [];
  const worker = (name: string, shares: number): TurnTaker => {
    const self = {
      continueTurn() {
        clock.now += 5;
        log.push(name);
        if (--shares > 0) line.join(self);
      },
    };
    return self;
  };
  for (const name of "abcde") line.join(worker(name, 2));
  const turns: string[] = [];
  while (runTurn() > 0) turns.push(log.splice(0).join(""));
  expect(turns).toEqual(["ab", "cd", "ea", "bc", "de"]);
});

test("each turn runs at least one worker, however slow it is", () => {
  const { line, clock, runTurn } = manualTurns();
  const log: string[] = [];
  for (const name of "abc") {
    line.join({
      continueTurn() {
        clock.now += 1_000;
        log.push(name);
      },
    });
  }
  expect([runTurn(), runTurn(), runTurn(), runTurn()]).toEqual([1, 1, 1, 0]);
  expect(log).toEqual(["a", "b", "c"]);
});

test("the current turn has a new number once the turn of an earlier call has ended", () => {
  const { line, runTurn } = manualTurns();
  const first = line.currentTurn();
  expect(line.currentTurn()).toBe(first);
  expect(runTurn()).toBe(1);
  expect(runTurn()).toBe(0); // nobody asked, so nothing is scheduled
  expect(line.currentTurn()).not.toBe(first);
});

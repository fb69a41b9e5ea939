import { describe, expect, test } from "vitest";
import type { Attack } from "../../attack/instrument/attack.ts";
import { contenders } from "../../attack/instrument/contenders.ts";
import type { Figures } from "../../attack/instrument/figures.ts";
import { verdictOn } from "../../attack/instrument/thresholds.ts";
import { attacks } from "../../attack/table.ts";

const attack: Attack = {
  name: "nothing",
  group: "frames",
  about: "does nothing",
  thresholds: { memory: 10 },
  async run() {},
};
const mebibyte = 1_048_576;
const latencies = { count: 100, median: 1, p99: 2, longest: 3 };
const untouched: Figures = {
  honest: {
    before: latencies,
    during: latencies,
    after: latencies,
    failures: [],
    newcomers: latencies,
    turnedAway: [],
  },
  memory: { before: 50 * mebibyte, peak: 60 * mebibyte, after: 50 * mebibyte },
  memoryInUse: { before: 5 * mebibyte, after: 21 * mebibyte },
  descriptors: { before: 40, peak: 90, after: 43 },
  cpu: 500,
  duration: 1_000,
  longestDelay: 20_000,
  longestTurn: 1_500,
  left: 20,
  errors: [],
  notes: {},
};

function faultsOf(
  changes: Partial<Figures>,
  thresholds: Partial<Attack["thresholds"]> = {},
  process: { isRunning?: boolean; standardError?: string } = {},
  slowness = 1,
): readonly string[] {
  const victim = { contender: contenders[0], isRunning: true, standardError: "", ...process };
  const stricter = { ...attack, thresholds: { ...attack.thresholds, ...thresholds } };
  return verdictOn(stricter, victim, [], { ...untouched, ...changes }, slowness).faults;
}

const honest = (changes: Partial<Figures["honest"]>) => ({
  honest: { ...untouched.honest, ...changes },
});

describe("the verdict on an attack", () => {
  test("finds no fault in figures at the thresholds", () => {
    expect(faultsOf({})).toEqual([]);
  });

  test.each([
    ["memory", { memory: { ...untouched.memory, peak: 61 * mebibyte } }, "growth of resident"],
    ["memory in use", { memoryInUse: { before: 0, after: 17 * mebibyte } }, "memory kept"],
    ["descriptors", { descriptors: { before: 40, peak: 44, after: 44 } }, "descriptors kept"],
    ["connections", { left: 21 }, "connections left"],
    ["a turn of the event loop", { longestTurn: 1_501 }, "CPU time of one turn"],
    ["an error", { errors: ["Error: x"] }, "an error was reported"],
    ["a missing answer", honest({ failures: ["nothing"] }), "an honest client got nothing"],
    ["a client turned away", honest({ turnedAway: ["503"] }), "a new client got 503"],
    [
      "a long wait while the server works",
      honest({ during: { ...latencies, longest: 6_001 } }),
      "CPU time while an honest client waited",
    ],
  ])("finds %s", (_, changes, fault) => {
    expect(faultsOf(changes)).toEqual([expect.stringContaining(fault)]);
  });

  test("does not blame the server for a wait in which it got no CPU time", () => {
    const during = { ...latencies, longest: 20_000 };
    expect(faultsOf({ ...honest({ during }), cpu: 100 })).toEqual([]);
  });

  test("allows a slow machine as much more CPU time", () => {
    expect(faultsOf({ longestTurn: 3_000 }, {}, {}, 2)).toEqual([]);
    expect(faultsOf({ longestTurn: 3_001 }, {}, {}, 2)).toEqual([expect.stringContaining("turn")]);
  });

  test("finds a figure that is not there", () => {
    expect(faultsOf({ left: Number.NaN })).toEqual([expect.stringContaining("connections left")]);
  });

  test("finds that the process has ended or printed something", () => {
    expect(faultsOf({}, {}, { isRunning: false })).toEqual(["the process has ended"]);
    expect(faultsOf({}, {}, { standardError: "oops" })).toEqual(["it printed oops"]);
  });

  test("an attack may let clients be turned away, and memory be kept", () => {
    expect(faultsOf(honest({ turnedAway: ["503"] }), { newcomers: false })).toEqual([]);
    const memoryInUse = { before: 0, after: 30 * mebibyte };
    expect(faultsOf({ memoryInUse }, { kept: 30 })).toEqual([]);
  });
});

test("no two attacks have the same name", () => {
  const names = attacks.map(({ name }) => name);
  expect([...new Set(names)]).toEqual(names);
});

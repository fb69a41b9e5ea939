import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { Deadlines } from "../../src/timing/deadlines.ts";

// With a fake clock the test can count the timers and check that none fires early.
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Item {
  readonly name: string;
  deadlineIndex: number;
}

/** Deadlines that record the names of expired items, in order. */
function record(delay = 100) {
  const expired: string[] = [];
  const items = new Map<string, Item>();
  const named = (name: string) => {
    const item = items.get(name) ?? { name, deadlineIndex: -1 };
    items.set(name, item);
    return item;
  };
  const whenExpired: ((name: string) => void)[] = [];
  const list = new Deadlines<Item>(delay, ({ name }) => {
    expired.push(name);
    for (const call of whenExpired) call(name);
  });
  const deadlines = {
    add: (name: string) => list.add(named(name)),
    delete: (name: string) => list.delete(named(name)),
    restart: (name: string) => list.restart(named(name)),
    end: () => list.end(),
    get waiting() {
      return list.waiting.map(({ name }) => name);
    },
  };
  return { deadlines, expired, whenExpired };
}

describe("Deadlines", () => {
  test("restart moves an item behind those added meanwhile", () => {
    const { deadlines, expired } = record();
    deadlines.add("a");
    vi.advanceTimersByTime(60);
    deadlines.add("b");
    deadlines.restart("a");
    deadlines.restart("c");
    expect(deadlines.waiting).toEqual(["b", "a", "c"]);
    vi.advanceTimersByTime(99);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(["b", "a", "c"]);
  });

  test("each item has its own deadline, with one timer for all", () => {
    const { deadlines, expired } = record();
    deadlines.add("a");
    vi.advanceTimersByTime(30);
    deadlines.add("b");
    deadlines.add("c");
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(69);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(["a"]);
    vi.advanceTimersByTime(29);
    expect(expired).toEqual(["a"]);
    vi.advanceTimersByTime(1);
    expect([expired, deadlines.waiting]).toEqual([["a", "b", "c"], []]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("a deleted item does not expire, and its timer is reused for the next one", () => {
    const { deadlines, expired } = record();
    deadlines.add("a");
    deadlines.delete("a");
    vi.advanceTimersByTime(60);
    deadlines.add("b");
    expect([vi.getTimerCount(), deadlines.waiting]).toEqual([1, ["b"]]);
    vi.advanceTimersByTime(99);
    expect(expired).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(expired).toEqual(["b"]);
  });

  test("add does not restart the time of an item", () => {
    const { deadlines, expired } = record();
    deadlines.add("a");
    vi.advanceTimersByTime(60);
    deadlines.add("a");
    vi.advanceTimersByTime(40);
    expect(expired).toEqual(["a"]);
  });

  test("an expiring item may be added again and may delete others", () => {
    const { deadlines, expired, whenExpired } = record();
    whenExpired.push(() => {
      deadlines.delete("b");
      if (expired.length === 1) deadlines.add("a");
    });
    for (const item of ["a", "b", "c"]) deadlines.add(item);
    vi.advanceTimersByTime(100);
    expect([expired, deadlines.waiting]).toEqual([["a", "c"], ["a"]]);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["a", "c", "a"]);
  });

  test("behaves as a list for any sequence of operations", () => {
    const step = fc.tuple(fc.constantFrom("add", "add", "delete", "wait"), fc.nat({ max: 400 }));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), (steps) => {
        const { deadlines, expired } = record(50);
        let model: { name: string; at: number }[] = [];
        const gone: string[] = [];
        let now = 0;
        for (const [what, which] of steps) {
          const name = `${which % 300}`;
          if (what === "wait") {
            now += which % 20;
            vi.advanceTimersByTime(which % 20);
            gone.push(...model.filter(({ at }) => at <= now).map((entry) => entry.name));
            model = model.filter(({ at }) => at > now);
          } else if (what === "delete") {
            deadlines.delete(name);
            model = model.filter((entry) => entry.name !== name);
          } else {
            deadlines.add(name);
            if (!model.some((entry) => entry.name === name)) model.push({ name, at: now + 50 });
          }
          expect(deadlines.waiting).toEqual(model.map((entry) => entry.name));
          expect(expired).toEqual(gone);
        }
        deadlines.end();
        vi.clearAllTimers();
      }),
      { numRuns: runs(50) },
    );
  });

  test("removes the places of deleted items behind one that waits long", () => {
    const deadlines = new Deadlines<{ deadlineIndex: number }>(1e9, () => {});
    deadlines.add({ deadlineIndex: -1 });
    let most = 0;
    for (let i = 0; i < 1000; i++) {
      const item = { deadlineIndex: -1 };
      deadlines.add(item);
      most = Math.max(most, item.deadlineIndex);
      deadlines.delete(item);
    }
    expect(most).toBeLessThan(64);
    expect(deadlines.waiting).toHaveLength(1);
  });

  test("after end, no timer runs while nothing waits", () => {
    const { deadlines, expired } = record();
    deadlines.add("a");
    deadlines.add("b");
    deadlines.end();
    deadlines.delete("a");
    expect(vi.getTimerCount()).toBe(1);
    deadlines.delete("b");
    expect(vi.getTimerCount()).toBe(0);
    deadlines.add("c");
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["c"]);
    deadlines.add("d");
    deadlines.delete("d");
    expect(vi.getTimerCount()).toBe(0);
  });

  test("end stops the timer if nothing waits", () => {
    const { deadlines } = record();
    deadlines.add("a");
    deadlines.delete("a");
    expect(vi.getTimerCount()).toBe(1);
    deadlines.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});

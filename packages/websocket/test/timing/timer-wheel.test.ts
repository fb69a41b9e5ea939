import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { TimerWheel, type WheelItem } from "../../src/timing/timer-wheel.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Item implements WheelItem {
  wheelPosition = -1;
  /** The ticks at which it was due. */
  readonly dueAt: number[] = [];
  /** After how many ticks it is due again; none for never. */
  readonly again: number[];

  constructor(...again: number[]) {
    this.again = again;
  }
}

class RecordingWheel extends TimerWheel<Item> {
  whenDue: ((item: Item) => void) | undefined;

  protected override due(item: Item): number {
    item.dueAt.push(this.tick);
    this.whenDue?.(item);
    return item.again.shift() ?? 0;
  }
}

describe("TimerWheel", () => {
  test("calls an item at its tick, again as long as it says, and has no timer while it is empty", () => {
    const wheel = new RecordingWheel(10);
    const item = new Item(1, 3, 511);
    wheel.add(item, 2);
    vi.advanceTimersByTime(19);
    expect(item.dueAt).toEqual([]);
    expect(vi.getTimerCount()).toBe(1);
    vi.advanceTimersByTime(60_000);
    expect(item.dueAt).toEqual([2, 3, 6, 517]);
    expect(vi.getTimerCount()).toBe(0);
    wheel.add(item, 1);
    vi.advanceTimersByTime(20);
    expect(item.dueAt.length).toBe(5);
  });

  test("an item that is due later than the wheel reaches is called earlier", () => {
    const wheel = new RecordingWheel(1);
    const item = new Item(10_000);
    wheel.add(item, 512);
    vi.advanceTimersByTime(2_000);
    expect(item.dueAt).toEqual([511, 1022]);
  });

  test("the time jumps when the event loop was blocked, and each item is called once", () => {
    const wheel = new RecordingWheel(1);
    const items = [1, 2, 600].map((ticks) => {
      const item = new Item();
      wheel.add(item, ticks);
      return item;
    });
    const now = performance.now() + 5_000;
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now);
    vi.advanceTimersByTime(1);
    clock.mockRestore();
    expect(items.map(({ dueAt }) => dueAt)).toEqual([[5_000], [5_000], [5_000]]);
  });

  test("a clock that goes back stops the time", () => {
    const wheel = new RecordingWheel(1);
    const item = new Item();
    wheel.add(item, 3);
    vi.advanceTimersByTime(2);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => -1e6);
    vi.advanceTimersByTime(100);
    clock.mockRestore();
    expect(item.dueAt).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(item.dueAt.length).toBe(1);
  });

  test("items that are deleted or added while others are called", () => {
    const wheel = new RecordingWheel(1);
    const [first, second, third] = [new Item(), new Item(), new Item()];
    wheel.add(first, 1);
    wheel.add(second, 2);
    wheel.whenDue = (item) => {
      if (item !== first) return;
      wheel.delete(second);
      wheel.add(third, 1);
      wheel.add(first, 2);
    };
    vi.advanceTimersByTime(2);
    expect([first.dueAt, second.dueAt, third.dueAt]).toEqual([[1], [], [2]]);
    wheel.delete(first);
    wheel.delete(first);
    vi.advanceTimersByTime(10);
    expect(first.dueAt).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test("items are due as in a list of their times, in any order of calls", () => {
    const step = fc.record({
      item: fc.nat(5),
      ticks: fc.integer({ min: 1, max: 511 }),
      isDeleted: fc.boolean(),
      wait: fc.nat(40),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const wheel = new RecordingWheel(1);
        const start = performance.now();
        const items = Array.from({ length: 6 }, () => new Item());
        const times = new Map<Item, number>();
        const expected = items.map((): number[] => []);
        const passTo = (now: number) => {
          for (const [item, time] of times) {
            if (time > now) continue;
            expected[items.indexOf(item)].push(time);
            times.delete(item);
          }
        };
        for (const { item: index, ticks, isDeleted, wait } of steps) {
          const item = items[index];
          wheel.delete(item);
          times.delete(item);
          if (!isDeleted) {
            wheel.add(item, ticks);
            times.set(item, performance.now() - start + ticks);
          }
          vi.advanceTimersByTime(wait);
          passTo(performance.now() - start);
        }
        vi.advanceTimersByTime(600);
        passTo(Number.POSITIVE_INFINITY);
        expect(items.map(({ dueAt }) => dueAt)).toEqual(expected);
        expect(vi.getTimerCount()).toBe(0);
      }),
      { numRuns: runs(500) },
    );
  });
});

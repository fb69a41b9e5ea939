import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Deadlines } from "../src/deadlines.ts";

// Only a clock that stands still tells how many timers there are, and that none is early.
beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** What expires, in order. */
function record(delay = 100) {
  const expired: string[] = [];
  const deadlines = new Deadlines<string>(delay, (item) => expired.push(item));
  return { deadlines, expired };
}

describe("Deadlines", () => {
  test("each has its own time, by one timer", () => {
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

  test("what is over does not expire, and its timer serves what comes next", () => {
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

  test("time that has been started is not started anew", () => {
    const { deadlines, expired } = record();
    deadlines.add("a");
    vi.advanceTimersByTime(60);
    deadlines.add("a");
    vi.advanceTimersByTime(40);
    expect(expired).toEqual(["a"]);
  });

  test("what expires may begin anew, and end others", () => {
    const expired: string[] = [];
    const deadlines: Deadlines<string> = new Deadlines(100, (item) => {
      expired.push(item);
      deadlines.delete("b");
      if (expired.length === 1) deadlines.add("a");
    });
    for (const item of ["a", "b", "c"]) deadlines.add(item);
    vi.advanceTimersByTime(100);
    expect([expired, deadlines.waiting]).toEqual([["a", "c"], ["a"]]);
    vi.advanceTimersByTime(100);
    expect(expired).toEqual(["a", "c", "a"]);
  });

  test("in the end no timer goes on while nothing waits", () => {
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

  test("and none while nothing waits already", () => {
    const { deadlines } = record();
    deadlines.add("a");
    deadlines.delete("a");
    expect(vi.getTimerCount()).toBe(1);
    deadlines.end();
    expect(vi.getTimerCount()).toBe(0);
  });
});

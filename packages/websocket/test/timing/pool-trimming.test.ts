import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetModules();
});
afterEach(() => {
  vi.useRealTimers();
});

test("one timer trims until nothing is left, and starts again on the next use", async () => {
  const codec = await import("@framewright/codec");
  const { trimPools } = await import("@framewright/codec/internal");
  const { trimPoolsLater } = await import("../../src/timing/pool-trimming.ts");
  const connection = new codec.Connection({
    role: "server",
    maxMessageSize: 1_000,
    maxFragments: 10,
    drawMaskingKey: () => 0,
  });
  const use = () => {
    connection.send("hello");
    connection.advance(connection.peek()?.length ?? 0);
    connection.releaseOutput();
    trimPoolsLater();
    trimPoolsLater();
  };
  use();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(1_000);
  use();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(20_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(trimPools()).toBe(false);
  use();
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(20_000);
});

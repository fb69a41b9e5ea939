import { TestClock } from "@framewright/websocket/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import { Outbox, type QueueOptions } from "../../src/reconnecting/outbox.ts";

function outbox(options: QueueOptions = {}) {
  const dropped: string[] = [];
  const box = new Outbox<string>(options, (data, reason) => dropped.push(`${data} ${reason}`));
  return { box, dropped };
}

test("messages leave in their order, until one is not taken", () => {
  using _clock = TestClock.install();
  const { box, dropped } = outbox();
  for (const text of ["a", "bb", "ccc"]) expect(box.add(text, text.length)).toBe(true);
  const sent: string[] = [];
  box.flush((text) => text !== "bb" && sent.push(text) > 0);
  expect([sent, box.length]).toEqual([["a"], 5]);
  box.flush((text) => sent.push(text) > 0);
  expect([sent, box.length, dropped]).toEqual([["a", "bb", "ccc"], 0, []]);
});

test("what exceeds the bytes is dropped, and what is there stays", () => {
  using _clock = TestClock.install();
  const { box, dropped } = outbox({ maxBytes: 4 });
  expect([box.add("a", 3), box.add("b", 2), box.add("c", 1)]).toEqual([true, false, true]);
  expect([box.length, dropped]).toEqual([4, ["b full"]]);
  box.clear();
  expect([box.length, dropped]).toEqual([0, ["b full", "a closed", "c closed"]]);
});

test("what waits too long is dropped by the clock, without a flush", async () => {
  using clock = TestClock.install();
  const { box, dropped } = outbox({ maxTime: 1_000 });
  box.add("a", 1);
  await clock.advance(600);
  box.add("b", 1);
  await clock.advance(400);
  expect([dropped, box.length]).toEqual([["a expired"], 1]);
  await clock.advance(600);
  expect([dropped, box.length]).toEqual([["a expired", "b expired"], 0]);
});

test("nothing is lost without a report, sent twice, or held beyond the bounds", async () => {
  const step = fc.oneof(
    fc.record({ add: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ wait: fc.integer({ min: 1, max: 300 }) }),
    fc.record({ take: fc.nat(3) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step), async (steps) => {
      using clock = TestClock.install();
      const { box, dropped } = outbox({ maxBytes: 100, maxTime: 500 });
      const sent: string[] = [];
      let count = 0;
      for (const next of steps) {
        if ("add" in next) box.add(`${count++}`, next.add);
        else if ("wait" in next) await clock.advance(next.wait);
        else {
          let left = next.take;
          box.flush((text) => left-- > 0 && sent.push(text) > 0);
        }
        expect(box.length).toBeLessThanOrEqual(100);
      }
      // Sockets of other tests may have timers on this clock: only a difference without an `await` counts.
      const timers = clock.size;
      const ownTimers = box.length > 0 ? 1 : 0;
      box.clear();
      expect([box.length, clock.size]).toEqual([0, timers - ownTimers]);
      const numbers = sent.map(Number);
      expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
      const all = [...numbers, ...dropped.map((text) => Number(text.split(" ")[0]))];
      expect(all.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, index) => index));
    }),
  );
});

test.each([{ maxBytes: 0 }, { maxTime: 2 ** 31 }])("%j is refused", (options) => {
  expect(() => outbox(options)).toThrow(RangeError);
});

import { TestClock } from "@framewright/websocket/testing";
import { afterEach, describe, expect, test, vi } from "vitest";
import { setBackgroundTimer } from "../../src/runtime/globals.ts";
import { TimerWheel, type WheelItem } from "../../src/timing/timer-wheel.ts";

let clock: TestClock | undefined;
const install = (options?: { date?: number }) => {
  clock = TestClock.install(options);
  return clock;
};
afterEach(() => clock?.uninstall());

describe("while it is installed", () => {
  test("timers fire in the order of their times, and in the order in which they were set", async () => {
    const clock = install();
    const fired: string[] = [];
    setTimeout(() => fired.push("20"), 20);
    setTimeout((...values: unknown[]) => fired.push(`10 ${values}`), 10, "a", "b");
    setTimeout(() => fired.push("10 second"), 10);
    clearTimeout(setTimeout(() => fired.push("cleared"), 5));
    await clock.advance(9);
    expect(fired).toEqual([]);
    await clock.advance(11);
    expect(fired).toEqual(["10 a,b", "10 second", "20"]);
  });

  test("intervals repeat until they are cleared", async () => {
    const clock = install();
    let count = 0;
    const timer = setInterval(() => {
      count++;
      if (count === 3) clearInterval(timer);
    }, 100);
    await clock.advance(1_000);
    expect(count).toBe(3);
  });

  test("performance and Date follow it, and dates can be made as ever", async () => {
    const clock = install({ date: Date.UTC(2030, 0, 1) });
    const start = performance.now();
    expect(new Date().toISOString()).toBe("2030-01-01T00:00:00.000Z");
    await clock.advance(61_000);
    expect(performance.now() - start).toBe(61_000);
    expect(clock.now).toBe(performance.now());
    expect(Date.now() - Date.UTC(2030, 0, 1)).toBe(61_000);
    expect(new Date(0).getTime()).toBe(0);
    expect(new Date("2020-02-03T00:00:00Z").getUTCDate()).toBe(3);
    expect(new Date(2020, 1, 3).getDate()).toBe(3);
    expect(new Date()).toBeInstanceOf(Date);
    expect(Date.UTC(1970, 0, 1)).toBe(0);
  });

  test("microtasks and immediates run between the timers of advance", async () => {
    const clock = install();
    const log: string[] = [];
    setTimeout(async () => {
      log.push("first");
      await Promise.resolve();
      setImmediate(() => log.push("immediate of the first"));
    }, 10);
    setTimeout(() => log.push("second"), 20);
    await clock.advance(30);
    expect(log).toEqual(["first", "immediate of the first", "second"]);
  });

  test("advanceSync lets nothing else run", () => {
    const clock = install();
    const log: string[] = [];
    setTimeout(() => {
      log.push("first");
      queueMicrotask(() => log.push("microtask"));
    }, 10);
    setTimeout(() => log.push("second"), 20);
    expect(clock.waiting).toBe(2);
    clock.advanceSync(30);
    expect(log).toEqual(["first", "second"]);
    expect(clock.waiting).toBe(0);
  });

  test("after sleep, what was due fires late", async () => {
    const clock = install();
    const start = performance.now();
    let late = 0;
    setTimeout(() => {
      late = performance.now() - start - 1_000;
    }, 1_000);
    await clock.sleep(60_000);
    expect(late).toBe(59_000);
  });

  test("timers say whether they keep the process alive, and convert to numbers", () => {
    const clock = install();
    const timer = setTimeout(() => {}, 10);
    setBackgroundTimer(() => {}, 10);
    expect([clock.size, clock.waiting]).toEqual([2, 1]);
    timer.unref();
    expect([clock.waiting, timer.hasRef()]).toEqual([0, false]);
    timer.ref();
    clearTimeout(Number(timer));
    expect([clock.size, clock.waiting]).toEqual([1, 0]);
    clearTimeout(undefined);
  });

  test("another one cannot be installed", () => {
    install();
    expect(() => TestClock.install()).toThrow("another test clock is installed");
  });
});

describe("uninstall", () => {
  test("gives the runtime's functions back and fires what is left", () => {
    const functions = [setTimeout, clearTimeout, setInterval, clearInterval, Date, performance.now];
    const fired = vi.fn();
    {
      using clock = install();
      setTimeout(fired, 100_000);
      setInterval(fired, 10);
      expect(clock.size).toBe(2);
    }
    expect(fired).toHaveBeenCalledTimes(1);
    expect([setTimeout, clearTimeout, setInterval, clearInterval, Date, performance.now]).toEqual(
      functions,
    );
    clock?.uninstall();
  });

  test("and install let timers of the library go on, although the clock goes forth and back", async () => {
    class Wheel extends TimerWheel<WheelItem> {
      dueCount = 0;
      protected override due(): number {
        this.dueCount++;
        return 0;
      }
    }
    const wheel = new Wheel(20);
    // The runtime's timer, which does not fire before the test is over.
    wheel.add({ wheelPosition: -1 }, 1);
    const clock = install();
    wheel.add({ wheelPosition: -1 }, 1);
    await clock.advance(10_000_000);
    expect(wheel.dueCount).toBe(2);
    clock.uninstall();
    wheel.add({ wheelPosition: -1 }, 1);
    await expect.poll(() => wheel.dueCount).toBe(3);
  });
});

import type { RuntimeDisposable } from "../runtime/disposal.ts";
import { settle } from "./settle.ts";

type Callback = (...values: unknown[]) => void;

/** The functions of the runtime that a `TestClock` replaces. */
interface TimeFunctions {
  setTimeout: unknown;
  clearTimeout: unknown;
  setInterval: unknown;
  clearInterval: unknown;
  Date: unknown;
  performance: { now(): number };
}

const runtime = globalThis as unknown as TimeFunctions;
const names = ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] as const;

let isInstalled = false;

/** What `setTimeout` and `setInterval` return. On Deno a number does, which it converts to. */
class TestTimer {
  readonly number: number;
  time: number;
  /** In milliseconds; undefined for a timer that fires once. */
  readonly interval: number | undefined;
  readonly call: () => void;
  /** Whether the timer does not keep the process alive. */
  isBackground = false;

  constructor(number: number, time: number, interval: number | undefined, call: () => void) {
    this.number = number;
    this.time = time;
    this.interval = interval;
    this.call = call;
  }

  ref(): this {
    this.isBackground = false;
    return this;
  }

  unref(): this {
    this.isBackground = true;
    return this;
  }

  hasRef(): boolean {
    return !this.isBackground;
  }

  [Symbol.toPrimitive](): number {
    return this.number;
  }
}

/**
 * A clock that a test moves. While it is installed, `setTimeout`, `setInterval`, `performance.now`
 * and `Date` follow it, for the library as well as for the handlers of a server under test.
 * Immediates and microtasks stay those of the runtime. Test runners keep their own timers.
 *
 * @example
 * using clock = TestClock.install();
 * const { client, link } = await pair();
 * link.lose();
 * await clock.advance(45_000);
 * console.log((await client.closed).error); // its code is "WS_ERR_HEARTBEAT_TIMEOUT"
 */
export interface TestClock extends RuntimeDisposable {
  /** The time in milliseconds, as `performance.now()` returns it. */
  readonly now: number;
  /** Number of timers that have not fired and that would keep the process alive. */
  readonly waiting: number;
  /** Number of all timers that have not fired. */
  readonly size: number;
  /**
   * Moves the clock. Calls back what is due, the earliest timer first, and lets all bytes arrive and
   * all handlers run before, after and between them. See `settle`.
   *
   * @param milliseconds - Not negative.
   */
  advance(milliseconds: number): Promise<void>;
  /**
   * Moves the clock without letting anything else run between the timers that are due, as if the
   * process had been busy or suspended.
   */
  advanceSync(milliseconds: number): void;
  /**
   * Moves the clock and fires what is due only afterwards, at the end of the time: the machine slept.
   */
  sleep(milliseconds: number): Promise<void>;
  /**
   * Gives the runtime's functions back. Timers that have not fired fire at once, because modules
   * such as pools remember that theirs is running. Intervals end. `using` calls it.
   */
  uninstall(): void;
}

/** Creates the clock. */
export const TestClock: { install(options?: { readonly date?: number }): TestClock } = {
  /**
   * Replaces the runtime's functions until `uninstall`.
   *
   * @param options - `date`: what `Date.now()` starts with, in milliseconds. Default: the current
   *   time.
   * @throws Error if a clock is installed already.
   */
  install(options: { readonly date?: number } = {}): TestClock {
    return InstalledClock.install(options.date);
  },
};

class InstalledClock implements TestClock {
  private time: number;
  /** What `Date.now` is ahead of `time`. */
  private readonly epoch: number;
  private readonly timers = new Map<number, TestTimer>();
  private timerCount = 0;
  private readonly replaced: readonly unknown[];
  private readonly replacedNow: () => number;

  private constructor(date: number | undefined) {
    this.replaced = names.map((name) => runtime[name]);
    this.replacedNow = runtime.performance.now;
    // Never goes back for what has read the runtime's clock already. Whole, so that sums are exact.
    this.time = Math.ceil(runtime.performance.now());
    this.epoch = (date ?? globalThis.Date.now()) - this.time;
  }

  static install(date: number | undefined): TestClock {
    if (isInstalled) throw new Error("another test clock is installed");
    const clock = new InstalledClock(date);
    isInstalled = true;
    const clear = (timer: unknown) => void clock.timers.delete(Number(timer));
    runtime.setTimeout = (callback: Callback, delay?: number, ...values: unknown[]) =>
      clock.add(delay, false, () => callback(...values));
    runtime.setInterval = (callback: Callback, delay?: number, ...values: unknown[]) =>
      clock.add(delay, true, () => callback(...values));
    runtime.clearTimeout = runtime.clearInterval = clear;
    runtime.Date = dateClass(() => clock.time + clock.epoch);
    runtime.performance.now = () => clock.time;
    return clock;
  }

  get now(): number {
    return this.time;
  }

  get waiting(): number {
    return [...this.timers.values()].filter((timer) => timer.hasRef()).length;
  }

  get size(): number {
    return this.timers.size;
  }

  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    await settle();
    while (this.fireNext(end)) await settle();
    this.time = end;
  }

  advanceSync(milliseconds: number): void {
    const end = this.time + milliseconds;
    while (this.fireNext(end));
    this.time = end;
  }

  async sleep(milliseconds: number): Promise<void> {
    this.time += milliseconds;
    await this.advance(0);
  }

  uninstall(): void {
    if (!isInstalled) return;
    for (const timer of this.timers.values())
      if (timer.interval !== undefined) this.timers.delete(timer.number);
    for (let left = 1_000; left > 0 && this.timers.size > 0; left--) this.advanceSync(60_000);
    isInstalled = false;
    for (const [index, name] of names.entries()) runtime[name] = this.replaced[index];
    runtime.performance.now = this.replacedNow;
  }

  [Symbol.dispose](): void {
    this.uninstall();
  }

  private add(delay = 0, repeats: boolean, call: () => void): TestTimer {
    const time = Math.max(Number(delay) || 0, 1);
    const number = ++this.timerCount;
    const timer = new TestTimer(number, this.time + time, repeats ? time : undefined, call);
    this.timers.set(number, timer);
    return timer;
  }

  /** Fires the earliest timer if it is due until `end`. Returns whether it did. */
  private fireNext(end: number): boolean {
    let next: TestTimer | undefined;
    // Timers of the same time fire in the order in which they were set.
    for (const timer of this.timers.values())
      if (next === undefined || timer.time < next.time) next = timer;
    if (next === undefined || next.time > end) return false;
    this.time = Math.max(this.time, next.time);
    this.timers.delete(next.number);
    if (next.interval !== undefined) {
      next.time = this.time + next.interval;
      this.timers.set(next.number, next);
    }
    next.call();
    return true;
  }
}

/** Returns a `Date` whose current time is that of a clock. */
function dateClass(now: () => number): unknown {
  const RuntimeDate = globalThis.Date;
  return class extends RuntimeDate {
    constructor(...values: [] | [number]) {
      if (values.length === 0) super(now());
      else super(...values);
    }

    static override now(): number {
      return now();
    }
  };
}

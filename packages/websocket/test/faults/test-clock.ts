/** The functions of the runtime that a `TestClock` replaces. */
interface TimeFunctions {
  setTimeout: unknown;
  clearTimeout: unknown;
  performance: { now(): number };
}

interface Timer {
  readonly time: number;
  readonly callback: (argument: unknown) => void;
  readonly argument: unknown;
  /** Timers that are `unref`ed do not keep the process alive. */
  isBackground: boolean;
  unref(): void;
}

let isInstalled = false;

const runtime = globalThis as unknown as TimeFunctions;

/**
 * A clock that a test moves. While it is installed, `setTimeout`, `clearTimeout` and
 * `performance.now` follow it. Immediates, microtasks and `Date` stay those of the runtime.
 *
 * @example
 * const clock = TestClock.install();
 * try {
 *   clock.advance(25_000); // the heartbeats of idle sockets
 * } finally {
 *   clock.uninstall();
 * }
 */
export class TestClock {
  private now = 0;
  private readonly timers = new Set<Timer>();
  private readonly replaced: { setTimeout: unknown; clearTimeout: unknown; now: () => number };

  private constructor() {
    const { setTimeout, clearTimeout, performance } = runtime;
    // Never goes back for what has read the runtime's clock already.
    this.now = performance.now();
    this.replaced = { setTimeout, clearTimeout, now: performance.now };
  }

  /**
   * Replaces the runtime's functions until `uninstall`.
   *
   * @throws Error if a clock is installed already.
   */
  static install(): TestClock {
    if (isInstalled) throw new Error("another test clock is installed");
    isInstalled = true;
    const clock = new TestClock();
    runtime.setTimeout = (callback: Timer["callback"], milliseconds = 0, argument?: unknown) =>
      clock.add(callback, milliseconds, argument);
    runtime.clearTimeout = (timer: Timer) => void clock.timers.delete(timer);
    runtime.performance.now = () => clock.now;
    return clock;
  }

  /** The timers that have not fired and that keep the process alive. */
  get waiting(): number {
    return [...this.timers].filter(({ isBackground }) => !isBackground).length;
  }

  /** All timers that have not fired. */
  get size(): number {
    return this.timers.size;
  }

  /** Moves the clock and calls back what is due, the earliest timer first. */
  advance(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (;;) {
      const next = this.earliest();
      if (next === undefined || next.time > end) break;
      this.now = Math.max(this.now, next.time);
      this.timers.delete(next);
      next.callback(next.argument);
    }
    this.now = end;
  }

  /**
   * Gives the runtime's functions back. Timers that have not fired fire at once, because modules
   * such as pools remember that theirs is running.
   */
  uninstall(): void {
    for (let left = 1_000; left > 0 && this.timers.size > 0; left--) this.advance(60_000);
    isInstalled = false;
    runtime.setTimeout = this.replaced.setTimeout;
    runtime.clearTimeout = this.replaced.clearTimeout;
    runtime.performance.now = this.replaced.now;
  }

  private add(callback: Timer["callback"], milliseconds: number, argument: unknown): Timer {
    const timer: Timer = {
      time: this.now + Math.max(milliseconds, 1),
      callback,
      argument,
      isBackground: false,
      unref: () => {
        timer.isBackground = true;
      },
    };
    this.timers.add(timer);
    return timer;
  }

  private earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    // Timers of the same time fire in the order in which they were set.
    for (const timer of this.timers) {
      if (earliest === undefined || timer.time < earliest.time) earliest = timer;
    }
    return earliest;
  }
}

import { runtime, type Timer } from "./runtime.ts";

/**
 * Gives up what is not over in time. All that waits has the same time from its beginning, so that it is in the
 * order of its deadlines, and one timer, for the first, serves it all: a timer for each costs more than all else here.
 */
export class Deadlines<T> {
  /** In milliseconds. */
  private readonly delay: number;
  private readonly expire: (item: T) => void;
  private readonly deadlines = new Map<T, number>();
  /** Goes on while nothing waits, for what comes next. */
  private timer: Timer | undefined = undefined;
  private ended = false;

  constructor(delay: number, expire: (item: T) => void) {
    this.delay = delay;
    this.expire = expire;
  }

  /** What waits, the longest waiting first. */
  get waiting(): readonly T[] {
    return [...this.deadlines.keys()];
  }

  /** Starts the time of something, unless it has been started. */
  add(item: T): void {
    if (this.deadlines.has(item)) return;
    this.deadlines.set(item, runtime.performance.now() + this.delay);
    if (this.timer === undefined) this.startTimer(this.delay);
  }

  /** Says that something is over. */
  delete(item: T): void {
    this.deadlines.delete(item);
    if (this.ended) this.stopTimer();
  }

  /** From now on no timer goes on while nothing waits: it would keep the process alive. */
  end(): void {
    this.ended = true;
    this.stopTimer();
  }

  private startTimer(delay: number): void {
    this.timer = runtime.setTimeout(timedOut, delay, this as Deadlines<unknown>);
  }

  private stopTimer(): void {
    if (this.deadlines.size > 0) return;
    runtime.clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** For its timer. */
  expireAll(): void {
    this.timer = undefined;
    const now = runtime.performance.now();
    for (const [item, deadline] of this.deadlines) {
      // What is added meanwhile has its deadline later.
      if (deadline > now) return this.startTimer(Math.ceil(deadline - now));
      this.deadlines.delete(item);
      this.expire(item);
    }
  }
}

function timedOut(deadlines: Deadlines<unknown>): void {
  deadlines.expireAll();
}

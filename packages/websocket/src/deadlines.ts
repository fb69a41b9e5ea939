import { runtime, type Timer } from "./runtime.ts";

/** What can be given up: it notes where it stands in the one `Deadlines` that it is in, for that alone. */
export interface Expiring {
  deadlinePlace: number;
}

/** So many places of what is over are kept at most before what waits, unless more waits than that. */
const mostPassed = 64;

/**
 * Gives up what is not over in time. All that waits has the same time from its beginning, so that it is in the
 * order of its deadlines, and one timer, for the first, serves it all: a timer for each costs more than all else here.
 *
 * Not a `Map`, which would keep alive what has long left it: see `OpenSockets`.
 */
export class Deadlines<T extends Expiring> {
  /** In milliseconds. */
  private readonly delay: number;
  private readonly expire: (item: T) => void;
  private readonly items: (T | undefined)[] = [];
  private readonly deadlines: number[] = [];
  /** The first index that may hold something. */
  private head = 0;
  /** The place of what is at index 0. */
  private base = 0;
  /** Goes on while nothing waits, for what comes next. */
  private timer: Timer | undefined = undefined;
  private ended = false;

  constructor(delay: number, expire: (item: T) => void) {
    this.delay = delay;
    this.expire = expire;
  }

  /** What waits, the longest waiting first. */
  get waiting(): readonly T[] {
    return this.items.filter((item) => item !== undefined);
  }

  /** Starts the time of something, unless it has been started. */
  add(item: T): void {
    const { items } = this;
    if (items[item.deadlinePlace - this.base] === item) return;
    item.deadlinePlace = this.base + items.length;
    items.push(item);
    this.deadlines.push(runtime.performance.now() + this.delay);
    if (this.timer === undefined) this.startTimer(this.delay);
  }

  /** Says that something is over. */
  delete(item: T): void {
    const index = item.deadlinePlace - this.base;
    if (this.items[index] === item) this.items[index] = undefined;
    this.passHoles();
    if (this.ended) this.stopTimer();
  }

  /** From now on no timer goes on while nothing waits: it would keep the process alive. */
  end(): void {
    this.ended = true;
    this.stopTimer();
  }

  private passHoles(): void {
    const { items } = this;
    while (this.head < items.length && items[this.head] === undefined) this.head++;
    if (this.head < mostPassed || this.head * 2 < items.length) return;
    items.splice(0, this.head);
    this.deadlines.splice(0, this.head);
    this.base += this.head;
    this.head = 0;
  }

  private startTimer(delay: number): void {
    this.timer = runtime.setTimeout(timedOut, delay, this as unknown as Deadlines<Expiring>);
  }

  private stopTimer(): void {
    if (this.head < this.items.length) return;
    runtime.clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** For its timer. */
  expireAll(): void {
    this.timer = undefined;
    const now = runtime.performance.now();
    for (;;) {
      const item = this.items[this.head];
      if (item === undefined) return;
      const deadline = this.deadlines[this.head];
      // What is added meanwhile has its deadline later.
      if (deadline > now) return this.startTimer(Math.ceil(deadline - now));
      this.delete(item);
      this.expire(item);
    }
  }
}

function timedOut(deadlines: Deadlines<Expiring>): void {
  deadlines.expireAll();
}

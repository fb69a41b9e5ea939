import { globals, type Timer } from "../runtime/globals.ts";

/** What can be given up: it notes where it stands in the one `Deadlines` that it is in, for that alone. */
export interface Expirable {
  deadlineIndex: number;
}

/** Fewer places than this are not worth closing up. */
const minCompactedLength = 64;

/**
 * Gives up what is not over in time. All that waits has the same time from its beginning, so that it is in the
 * order of its deadlines, and one timer, for the first, serves it all: a timer for each costs more than all else here.
 *
 * Not a `Map`, which would keep alive what has long left it: see `OpenSockets`.
 */
export class Deadlines<T extends Expirable> {
  /** In milliseconds. */
  private readonly delay: number;
  private readonly expire: (item: T) => void;
  private readonly items: (T | undefined)[] = [];
  private readonly deadlines: number[] = [];
  /** How many wait; the other places are those of what is over. */
  private count = 0;
  /** The first index that may hold something. */
  private head = 0;
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
    if (items[item.deadlineIndex] === item) return;
    item.deadlineIndex = items.length;
    items.push(item);
    this.deadlines.push(globals.performance.now() + this.delay);
    this.count++;
    this.startTimer(this.delay);
  }

  /** Starts the time of something anew. */
  restart(item: T): void {
    this.delete(item);
    this.add(item);
  }

  /** Says that something is over. */
  delete(item: T): void {
    const { items } = this;
    if (items[item.deadlineIndex] === item) {
      items[item.deadlineIndex] = undefined;
      this.count--;
      while (this.head < items.length && items[this.head] === undefined) this.head++;
      if (items.length >= minCompactedLength && items.length > 2 * this.count) this.compact();
    }
    if (this.ended) this.stopTimer();
  }

  /** From now on no timer goes on while nothing waits: it would keep the process alive. */
  end(): void {
    this.ended = true;
    this.stopTimer();
  }

  /** Gives up the places of what is over: one that waits long must not keep those of all that came after it. */
  private compact(): void {
    const { items, deadlines } = this;
    let end = 0;
    for (let index = this.head; index < items.length; index++) {
      const item = items[index];
      if (item === undefined) continue;
      item.deadlineIndex = end;
      items[end] = item;
      deadlines[end++] = deadlines[index];
    }
    items.length = deadlines.length = end;
    this.head = 0;
  }

  private startTimer(delay: number): void {
    this.timer ??= globals.setTimeout(timedOut, delay, this as unknown as Deadlines<Expirable>);
  }

  private stopTimer(): void {
    if (this.count > 0) return;
    globals.clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** For its timer. */
  expireAll(): void {
    this.timer = undefined;
    const now = globals.performance.now();
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

function timedOut(deadlines: Deadlines<Expirable>): void {
  deadlines.expireAll();
}

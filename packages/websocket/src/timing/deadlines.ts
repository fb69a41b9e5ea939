import { globals, type Timer } from "../runtime/globals.ts";

/**
 * An item with a deadline. `deadlineIndex` is its index in its `Deadlines`, which alone writes it.
 */
export interface Expirable {
  deadlineIndex: number;
}

/** Shorter lists are not compacted. */
const minCompactedLength = 64;

/**
 * Expires items that are not deleted in time. All items have the same delay, so their order is that
 * of their deadlines and one timer, for the first item, is enough. A timer per item would cost 0.5
 * to 1.8 us each.
 *
 * The items are in a list because a `Map` would keep deleted items alive. See `OpenSockets`.
 */
export class Deadlines<T extends Expirable> {
  /** In milliseconds. */
  private readonly delay: number;
  private readonly expire: (item: T) => void;
  private readonly items: (T | undefined)[] = [];
  private readonly deadlines: number[] = [];
  /** Number of items. The other elements of `items` are undefined. */
  private count = 0;
  /** The first index that may hold an item. */
  private head = 0;
  /** Keeps running while there are no items, so that the next item can use it. */
  private timer: Timer | undefined = undefined;
  private ended = false;

  /**
   * @param delay - Time from `add` to the deadline in milliseconds.
   * @param expire - Called with an item whose deadline has passed, after its deletion.
   */
  constructor(delay: number, expire: (item: T) => void) {
    this.delay = delay;
    this.expire = expire;
  }

  /** Number of items. */
  get size(): number {
    return this.count;
  }

  /** The items, earliest deadline first. */
  get waiting(): readonly T[] {
    return this.items.filter((item) => item !== undefined);
  }

  /** Adds an item with a deadline `delay` from now. Does nothing if it has been added already. */
  add(item: T): void {
    const { items } = this;
    if (this.has(item)) return;
    item.deadlineIndex = items.length;
    items.push(item);
    this.deadlines.push(globals.performance.now() + this.delay);
    this.count++;
    this.startTimer(this.delay);
  }

  /** Sets the deadline of an item to `delay` from now. */
  restart(item: T): void {
    this.delete(item);
    this.add(item);
  }

  /** Deletes an item, if it is here. */
  delete(item: T): void {
    const { items } = this;
    if (this.has(item)) {
      items[item.deadlineIndex] = undefined;
      this.count--;
      while (this.head < items.length && items[this.head] === undefined) this.head++;
      if (items.length >= minCompactedLength && items.length > 2 * this.count) this.compact();
    }
    if (this.ended) this.stopTimer();
  }

  /** Whether an item is here. Compares indexes first: reading outside of an array is slow. */
  private has(item: T): boolean {
    const { items } = this;
    const { deadlineIndex } = item;
    return deadlineIndex >= 0 && deadlineIndex < items.length && items[deadlineIndex] === item;
  }

  /**
   * From now on the timer stops when there are no items, so that it does not keep the process
   * alive.
   */
  end(): void {
    this.ended = true;
    this.stopTimer();
  }

  /** Removes the undefined elements. Otherwise one old item would keep those of all later ones. */
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

  /** Called by the timer. */
  expireAll(): void {
    this.timer = undefined;
    const now = globals.performance.now();
    for (;;) {
      const item = this.items[this.head];
      if (item === undefined) return;
      const deadline = this.deadlines[this.head];
      // Items that `expire` adds have later deadlines, so the loop ends before them.
      if (deadline > now) return this.startTimer(Math.ceil(deadline - now));
      this.delete(item);
      this.expire(item);
    }
  }
}

function timedOut(deadlines: Deadlines<Expirable>): void {
  deadlines.expireAll();
}

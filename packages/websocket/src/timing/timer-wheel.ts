import { globals, setBackgroundTimer } from "../runtime/globals.ts";

/** An item of a `TimerWheel`, which alone writes `wheelPosition`. It starts as -1. */
export interface WheelItem {
  wheelPosition: number;
}

/** An item is due after at most this many ticks, so a wheel never holds one for long. */
const slotCount = 512;

/** Slot and index in one number, because each number of an idle connection costs 8 bytes. */
function positionOf(slot: number, index: number): number {
  return index * slotCount + slot;
}

/**
 * Calls items back after a number of ticks, with one timer for all of them. A timer for each item
 * would cost some 100 bytes and 1 us.
 *
 * The wheel also is a cheap clock: reading `tick` costs nothing.
 */
export abstract class TimerWheel<T extends WheelItem> {
  /** The current time in ticks. Does not advance while the wheel is empty. */
  tick = 0;
  /** Whether the timer is more than a tick late, because the event loop was blocked. */
  protected isLate = false;
  private readonly tickLength: number;
  /** When tick 0 was. */
  private start = globals.performance.now();
  private readonly slots: T[][] = Array.from({ length: slotCount }, () => []);
  private count = 0;
  private isTimerRunning = false;
  /** The function that set the timer. Another one means that a test has replaced the clock. */
  private timerFunction: unknown = undefined;

  /**
   * @param tickLength - In milliseconds, at least 1.
   */
  constructor(tickLength: number) {
    this.tickLength = tickLength;
  }

  /**
   * Called with an item that is due, after its deletion. Returns after how many ticks to call again,
   * or 0 for never. If that is over 511, it is called earlier. Does not throw.
   */
  protected abstract due(item: T): number;

  /** Adds an item that is not in the wheel. It is due after `ticks`, at least 1. */
  add(item: T, ticks: number): void {
    if (!this.isTimerRunning || this.timerFunction !== globals.setTimeout) this.startTimer();
    const slot = (this.tick + Math.min(ticks, slotCount - 1)) % slotCount;
    const items = this.slots[slot];
    item.wheelPosition = positionOf(slot, items.length);
    items.push(item);
    this.count++;
  }

  /** Deletes an item, if it is here. */
  delete(item: T): void {
    const position = item.wheelPosition;
    if (position < 0) return;
    const items = this.slots[position % slotCount];
    const last = items.pop() as T;
    if (last !== item) {
      last.wheelPosition = position;
      items[Math.floor(position / slotCount)] = last;
    }
    item.wheelPosition = -1;
    this.count--;
  }

  private startTimer(): void {
    this.isTimerRunning = true;
    // A clock that a test has moved goes back when the test is over. Ticks never do.
    this.start = Math.min(this.start, globals.performance.now() - this.tick * this.tickLength);
    this.tick = this.now();
    this.setTimer();
  }

  private setTimer(): void {
    const { setTimeout } = globals;
    this.timerFunction = setTimeout;
    const fire = () => {
      // The timer of a clock that was replaced meanwhile may still fire.
      if (this.timerFunction === setTimeout) this.advance();
    };
    setBackgroundTimer(fire, this.tickLength);
  }

  private now(): number {
    const passed = globals.performance.now() - this.start;
    return Math.max(this.tick, Math.floor(passed / this.tickLength));
  }

  /** Called by the timer. */
  private advance(): void {
    const first = this.tick + 1;
    // The time jumps if the event loop was blocked. Items then see how late it is, and that what
    // arrived meanwhile has not been read yet.
    this.tick = this.now();
    this.isLate = this.tick > first;
    const end = Math.min(this.tick, first + slotCount - 1);
    for (let tick = first; tick <= end; tick++) this.turn(tick % slotCount);
    this.isTimerRunning = this.count > 0;
    if (this.isTimerRunning) this.setTimer();
  }

  private turn(slot: number): void {
    const items = this.slots[slot];
    if (items.length === 0) return;
    this.slots[slot] = [];
    this.count -= items.length;
    for (const item of items) item.wheelPosition = -1;
    for (const item of items) {
      const ticks = this.due(item);
      if (ticks > 0 && item.wheelPosition < 0) this.add(item, ticks);
    }
  }
}

import { globals } from "../runtime/globals.ts";
import type { NextTurn } from "./turn-queue.ts";

/** An object whose output is written later. */
export interface Flushable {
  /** Writes its output. Does not throw. */
  flush(): void;
}

/** Objects that are written together at most, so that the first does not wait for too many others. */
const maxSize = 64;
/** A batch of fewer objects costs more than it saves. */
const leastSize = 4;
/** Time in milliseconds after which those that wait are written: others are slow. */
const maxWait = 3;
/** How many are not deferred after a batch that did not pay: so many at first, then twice as many. */
const firstPause = 32;
const longestPause = 1_024;

// A test may replace the runtime's functions later, with fake timers for example.
const { setImmediate } = globals;

/**
 * Sockets that are read in the same turn of the event loop, and whose answers are written when all
 * of them have been read. Peers then wake up once for many answers, and the processor runs the same
 * code for one socket after the other. A socket joins only while that pays: several are read in each
 * turn, and their handlers are short. It waits for 3 ms and the handler of one other socket at most.
 * All sockets of a process share one batch.
 */
export class WriteBatch {
  /**
   * The first `count` of these wait. The array never gets shorter, because growing it again would
   * take new memory in each turn.
   */
  private readonly waiting: (Flushable | undefined)[] = [];
  private count = 0;
  private isOpen = false;
  /** How many have joined since the batch was opened, and whether any of them waited too long. */
  private size = 0;
  private isSlow = false;
  /** When the first of those that wait joined. */
  private start = 0;
  private pause = firstPause;
  private pauseLeft = firstPause;
  private readonly afterReading: NextTurn;
  private readonly now: () => number;

  /**
   * @param afterReading - Calls back when all sockets that are ready have been read. Default:
   *   `setImmediate`.
   * @param now - A clock in milliseconds. Default: `Date.now`, because `performance.now` costs 0.3 us
   *   on Deno. If the clock is set, one batch is misjudged.
   */
  constructor(afterReading: NextTurn = setImmediate, now: () => number = Date.now) {
    this.afterReading = afterReading;
    this.now = now;
  }

  /**
   * Called when an object has output.
   *
   * @returns Whether it is flushed at the end of the turn. If not, it is to be flushed at once.
   */
  join(flushable: Flushable): boolean {
    if (!this.isOpen) {
      if (this.pauseLeft > 0) {
        this.pauseLeft--;
        return false;
      }
      this.open();
    }
    if (this.count === maxSize || this.hasWaitedTooLong()) this.flush();
    if (this.count === 0) this.start = this.now();
    this.size++;
    this.waiting[this.count++] = flushable;
    return true;
  }

  private open(): void {
    this.isOpen = true;
    this.isSlow = false;
    this.size = 0;
    this.afterReading(this.close);
  }

  private readonly close = (): void => {
    this.isOpen = false;
    if (this.hasWaitedTooLong() || this.isSlow || this.size < leastSize) {
      this.pauseLeft = this.pause;
      this.pause = Math.min(2 * this.pause, longestPause);
    } else {
      this.pause = firstPause;
    }
    this.flush();
  };

  private hasWaitedTooLong(): boolean {
    if (this.count === 0 || this.now() - this.start <= maxWait) return false;
    this.isSlow = true;
    return true;
  }

  private flush(): void {
    const { waiting } = this;
    for (let index = 0; index < this.count; index++) {
      waiting[index]?.flush();
      waiting[index] = undefined;
    }
    this.count = 0;
  }
}

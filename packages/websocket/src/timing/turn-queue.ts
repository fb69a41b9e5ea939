/**
 * An object that has used up its share of a turn of the event loop and continues in a later one.
 */
export interface TurnTaker {
  /** Continues its work for at most one share. Does not throw. */
  continueTurn(): void;
}

/** Calls back in the next turn of the event loop, after timers and socket events. */
export type NextTurn = (callback: () => void) => void;

/**
 * Time in milliseconds after which the rest of the queue waits for the next turn. All other work of
 * the process gets a turn this often, however many connections are in the queue.
 */
const maxTurnTime = 8;

/**
 * A queue of objects that wait for another turn of the event loop. All connections of a process
 * with the same `NextTurn` share one.
 */
export class TurnQueue {
  private queue: TurnTaker[] = [];
  /** Counts turns, but only those that begin after a call of `currentTurn`. */
  private turn = 0;
  private isEndOfTurnAwaited = false;
  private readonly nextTurn: NextTurn;
  private readonly now: () => number;

  /** @param now - A clock in milliseconds. */
  constructor(nextTurn: NextTurn, now: () => number) {
    this.nextTurn = nextTurn;
    this.now = now;
  }

  /** Adds an object to the end of the queue. It continues in one of the next turns. */
  join(yielding: TurnTaker): void {
    this.queue.push(yielding);
    if (this.queue.length === 1) this.nextTurn(this.run);
  }

  /**
   * Returns the number of the current turn of the event loop. If it differs from that of an earlier
   * call, other work had its turn in between.
   */
  currentTurn(): number {
    if (!this.isEndOfTurnAwaited) {
      this.isEndOfTurnAwaited = true;
      this.nextTurn(this.endTurn);
    }
    return this.turn;
  }

  private readonly endTurn = (): void => {
    this.isEndOfTurnAwaited = false;
    this.turn++;
  };

  private readonly run = (): void => {
    const waiting = this.queue;
    this.queue = [];
    const end = this.now() + maxTurnTime;
    let index = 0;
    do waiting[index++].continueTurn();
    while (index < waiting.length && this.now() < end);
    if (index === waiting.length) return;
    // Objects that had a turn and joined again go behind those that had none.
    const isScheduled = this.queue.length > 0;
    this.queue = [...waiting.slice(index), ...this.queue];
    if (!isScheduled) this.nextTurn(this.run);
  };
}

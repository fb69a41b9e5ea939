/** Something that used up its share of a turn of the event loop and goes on in a later one. */
export interface TurnTaker {
  /** Goes on with its work, for one share at most. Does not throw. */
  continueTurn(): void;
}

/** Calls back in the next turn of the event loop, after timers and what sockets have to report. */
export type NextTurn = (callback: () => void) => void;

/**
 * Once a turn has taken so many milliseconds, the rest of the line waits for the next one. However many
 * connections have more to do than their share, everybody else gets a turn this often.
 */
const maxTurnTime = 8;

/**
 * The line of those who wait for another turn. There is one for all connections of a process with the same `NextTurn`.
 */
export class TurnQueue {
  private queue: TurnTaker[] = [];
  private readonly nextTurn: NextTurn;
  private readonly now: () => number;

  /** @param now - A clock in milliseconds. */
  constructor(nextTurn: NextTurn, now: () => number) {
    this.nextTurn = nextTurn;
    this.now = now;
  }

  /** Lets something go on in one of the next turns, after all who wait already. */
  join(yielding: TurnTaker): void {
    this.queue.push(yielding);
    if (this.queue.length === 1) this.nextTurn(this.run);
  }

  private readonly run = (): void => {
    const waiting = this.queue;
    this.queue = [];
    const end = this.now() + maxTurnTime;
    let index = 0;
    do waiting[index++].continueTurn();
    while (index < waiting.length && this.now() < end);
    if (index === waiting.length) return;
    // Those who had a turn and want another are behind those who had none.
    const isScheduled = this.queue.length > 0;
    this.queue = [...waiting.slice(index), ...this.queue];
    if (!isScheduled) this.nextTurn(this.run);
  };
}

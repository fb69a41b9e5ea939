import { globals } from "../runtime/globals.ts";

/** An object to which a burst of messages is written. */
export interface Bursting {
  /** Writes them now or together with the output of other sockets. */
  endBurst(): void;
  /** Writes them now. */
  flush(): void;
}

/** So many bursts that end together, as those of a broadcast do, need not wait for others. */
const togetherFrom = 8;
/** How many bytes of copies may wait. Free buffers suffice for about so many. */
const maxWaitingLength = 262_144;

let waiting: Bursting[] = [];
/** Length of the copies that wait in all bursts. */
let waitingLength = 0;

/**
 * Ends the burst of an object in the next microtask, so that its messages are one write. One microtask
 * serves all connections of the process.
 */
export function flushSoon(bursting: Bursting): void {
  if (waiting.length === 0) globals.queueMicrotask(endAll);
  waiting.push(bursting);
}

/**
 * Called with how many bytes of copies a burst has got, and with a negative number when they are
 * written. A loop that sends to many sockets would otherwise need a buffer for each of them.
 *
 * @returns false if too many bytes wait: this burst is to be written now.
 */
export function countWaitingCopies(length: number): boolean {
  waitingLength += length;
  return waitingLength <= maxWaitingLength;
}

function endAll(): void {
  const ended = waiting;
  waiting = [];
  if (ended.length >= togetherFrom) for (const bursting of ended) bursting.flush();
  else for (const bursting of ended) bursting.endBurst();
}

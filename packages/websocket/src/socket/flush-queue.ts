import { globals } from "../runtime/globals.ts";

/** An object to which a burst of messages is written. */
export interface Bursting {
  /** Writes them now or together with the output of other sockets. */
  endBurst(): void;
  /** Writes them now. */
  flush(): void;
}

/** From this many bursts on, as in a broadcast, all are written at once: they are together already. */
const togetherFrom = 8;
/** Maximum number of bytes of copies that wait. The pools have free buffers for about as many. */
const maxWaitingLength = 262_144;

let waiting: Bursting[] = [];
/** Number of bytes of copies that wait in all bursts. */
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
 * Counts the bytes of copies that wait. Without a limit, a loop that sends to many sockets would need
 * a buffer for each of them.
 *
 * @param length - How many more wait; negative when they are written.
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

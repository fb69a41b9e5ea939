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

let waiting: Bursting[] = [];

/**
 * Ends the burst of an object in the next microtask, so that its messages are one write. One microtask
 * serves all connections of the process.
 */
export function flushSoon(bursting: Bursting): void {
  if (waiting.length === 0) globals.queueMicrotask(endAll);
  waiting.push(bursting);
}

function endAll(): void {
  const ended = waiting;
  waiting = [];
  if (ended.length >= togetherFrom) for (const bursting of ended) bursting.flush();
  else for (const bursting of ended) bursting.endBurst();
}

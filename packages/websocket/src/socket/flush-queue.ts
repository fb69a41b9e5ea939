import { globals } from "../runtime/globals.ts";

/** An object to which a burst of messages is written. */
export interface Bursting {
  /** Writes them, or sees to it that they are. */
  endBurst(): void;
}

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
  for (const bursting of ended) bursting.endBurst();
}

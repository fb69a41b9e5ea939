import { globals } from "../runtime/globals.ts";

/** An object whose output is written by a microtask. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/**
 * Flushes an object in the next microtask, so that a burst of messages is one write. One microtask
 * serves all connections of the process.
 */
export function flushSoon(flushable: Flushable): void {
  if (waiting.length === 0) globals.queueMicrotask(flushAll);
  waiting.push(flushable);
}

function flushAll(): void {
  const flushables = waiting;
  waiting = [];
  for (const flushable of flushables) flushable.flush();
}

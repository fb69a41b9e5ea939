import { globals } from "../runtime/globals.ts";

/** Something whose output goes out at the end of the current microtask. */
export interface Flushable {
  flush(): void;
}

let waiting: Flushable[] = [];

/**
 * Flushes something soon: one microtask for all connections of the process, so that a burst of
 * messages is one write.
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

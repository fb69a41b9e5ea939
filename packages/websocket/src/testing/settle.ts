import { globals } from "../runtime/globals.ts";

// A test may replace the runtime's functions later, with fake timers for example.
const { setImmediate } = globals;

/** Turns without activity after which nothing moves: a resumed handler may need one more. */
const quietTurns = 3;

/** Counts what has moved in memory: chunks that were delivered, and turns that sessions took. */
let activity = 0;
/** Sessions that continue in the next turn. */
let awaitedTurns = 0;

/** Called when bytes or the end of a direction arrive. */
export function recordActivity(): void {
  activity++;
}

/** Calls back in the next turn of the event loop, also while a test has replaced the timers. */
export function nextTurn(callback: () => void): void {
  awaitedTurns++;
  setImmediate(() => {
    awaitedTurns--;
    activity++;
    callback();
  });
}

/**
 * Waits until nothing moves any more in the networks of the process: all bytes have arrived and
 * handlers have run, as far as they wait for no timer and no I/O. Bytes that are delayed or held do
 * not count. Takes less than a millisecond.
 *
 * @example
 * client.send("hello");
 * await settle();
 * // The server's handler has been called.
 */
export async function settle(): Promise<void> {
  for (let quiet = 0, last = activity; quiet < quietTurns; quiet++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (activity === last && awaitedTurns === 0) continue;
    last = activity;
    quiet = -1;
  }
}

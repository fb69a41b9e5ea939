/**
 * When the messages of a connection are due. With a rate, each has its time whether the server keeps
 * up or not, and its latency counts from that time: a server that stalls is not measured less often
 * for it (coordinated omission).
 */
export interface Pace {
  /** The time at which the next message is due, in milliseconds of `performance.now()`. */
  nextAt(now: number): number;
  /** Called when the next message is sent. */
  advance(): void;
}

/** Messages are due at once: the round trips alone limit how many there are. */
export const unlimited: Pace = { nextAt: (now) => now, advance: () => {} };

/**
 * Messages at a constant rate.
 *
 * @param perSecond - Of this connection.
 * @param start - When the first one is due.
 */
export function constantPace(perSecond: number, start: number): Pace {
  const interval = 1_000 / perSecond;
  let count = 0;
  return {
    nextAt: () => start + count * interval,
    advance: () => {
      count++;
    },
  };
}

import { setTimeout as delay } from "node:timers/promises";

/**
 * Waits until a condition holds.
 *
 * @param observe - Returns the current state. Called repeatedly.
 * @param isRight - The condition.
 * @param limit - Time limit in milliseconds.
 * @throws Error with the last state if the condition does not hold in time.
 */
export async function until<T>(
  observe: () => T | Promise<T>,
  isRight: (observed: T) => boolean,
  limit = 5_000,
): Promise<T> {
  const deadline = performance.now() + limit;
  for (;;) {
    const observed = await observe();
    if (isRight(observed)) return observed;
    if (performance.now() > deadline) {
      throw new Error(`still ${JSON.stringify(observed)} after ${limit} ms`);
    }
    await delay(20);
  }
}

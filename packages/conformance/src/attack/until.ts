import { setTimeout as delay } from "node:timers/promises";

/**
 * Waits until a condition holds.
 *
 * @param observe - Returns what is to be seen now; asked again and again.
 * @param isRight - The condition.
 * @param limit - In milliseconds.
 * @throws Error with the last observation when the condition does not hold in time.
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

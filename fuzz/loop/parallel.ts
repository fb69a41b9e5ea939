/** Runs a job for each item, at most `limit` at a time, in the order of the items. */
export async function forEachParallel<T>(
  items: Iterable<T>,
  limit: number,
  run: (item: T, lane: number) => Promise<void>,
): Promise<void> {
  // All lanes draw from one iterator, so that each item runs once.
  const queue = items[Symbol.iterator]();
  const lanes = Array.from({ length: limit }, async (_, lane) => {
    for (let next = queue.next(); !next.done; next = queue.next()) await run(next.value, lane);
  });
  await Promise.all(lanes);
}

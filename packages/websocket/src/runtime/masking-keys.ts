import { globals } from "./globals.ts";

/** One call of the secure random source fills this many keys; drawn one by one they cost 200 times as much. */
const pool = new Int32Array(2048);
let next = pool.length;

/** Draws an unpredictable masking key (RFC 6455 section 5.3): a 32-bit integer. */
export function drawMaskingKey(): number {
  if (next === pool.length) {
    globals.crypto.getRandomValues(pool);
    next = 0;
  }
  return pool[next++];
}

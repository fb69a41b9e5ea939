/** Draws masking keys as the socket does, from a pool filled by the secure random source. */
const pool = new Int32Array(2_048);
let next = pool.length;

export function drawMaskingKey(): number {
  if (next === pool.length) {
    crypto.getRandomValues(pool);
    next = 0;
  }
  return pool[next++];
}

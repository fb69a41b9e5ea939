/** Masking keys drawn as our socket draws them, from a pool that the secure random source fills. */
const pool = new Int32Array(2_048);
let next = pool.length;

export function drawMaskingKey(): number {
  if (next === pool.length) {
    crypto.getRandomValues(pool);
    next = 0;
  }
  return pool[next++];
}

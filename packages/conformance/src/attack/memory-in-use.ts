/**
 * Collects garbage and returns the memory in use on the heap and outside, in bytes. Node and Deno
 * must run with `--expose-gc`.
 */
export function memoryInUse(): number {
  const isBun = "Bun" in globalThis;
  if (isBun) Bun.gc(true);
  else (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  // Bun includes external memory in both figures.
  return isBun ? heapUsed : heapUsed + external;
}

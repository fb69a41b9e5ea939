import type { Scene } from "./scene.ts";

/**
 * Highest ratio of the CPU time for twice as much work. Linear time gives 2 or less, because a part
 * of it is constant, quadratic time 4.
 */
const highestRatio = 3;
/** Below this CPU time in milliseconds the ratio is noise, and the work harmless. */
const leastTime = 40;

/**
 * Shows that the victim's time is linear: does work of a size and of twice the size in turn, and
 * compares the least CPU times.
 */
export async function expectLinear(
  scene: Scene,
  what: string,
  size: number,
  act: (size: number) => Promise<void>,
): Promise<void> {
  const least = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < scene.size(5, 3); round++) {
    for (const [index, factor] of [1, 2].entries()) {
      const before = scene.cpuTime;
      await act(size * factor);
      least[index] = Math.min(least[index], scene.cpuTime - before);
    }
  }
  const ratio = least[1] / least[0];
  scene.note(what, `${least[0].toFixed(1)} ms, doubled ${least[1].toFixed(1)} ms`);
  if (!scene.isOurs || least[1] < leastTime || ratio < highestRatio) return;
  scene.faults.push(`${what}: twice the size takes ${ratio.toFixed(1)} times as long`);
}

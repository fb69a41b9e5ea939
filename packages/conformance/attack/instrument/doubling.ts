import type { Scene } from "./scene.ts";

/**
 * Highest ratio of the CPU time for twice as much work. Linear time gives 2 or less, because a part
 * of it is constant, quadratic time 4.
 */
const highestRatio = 3;
/** Below this CPU time in milliseconds the ratio is noise, and the work harmless. */
const leastTime = 40;

/**
 * Shows that the victim's time is linear: does work of a size and of twice the size in turn. Fails
 * if even the least CPU time of the double size is several times the most of the single size,
 * because what a server reads at once varies.
 */
export async function expectLinear(
  scene: Scene,
  what: string,
  size: number,
  act: (size: number) => Promise<void>,
): Promise<void> {
  const single: number[] = [];
  const double: number[] = [];
  for (let round = 0; round < scene.size(3, 2); round++) {
    for (const times of [single, double]) {
      const before = scene.cpuTime;
      await act(times === single ? size : 2 * size);
      times.push(scene.cpuTime - before);
    }
  }
  const [most, least] = [Math.max(...single), Math.min(...double)];
  scene.note(what, `${Math.min(...single).toFixed(1)} ms, doubled ${least.toFixed(1)} ms`);
  const ratio = least / most;
  if (!scene.isOurs || least < leastTime || ratio < highestRatio) return;
  scene.faults.push(`${what}: twice the size takes ${ratio.toFixed(1)} times as long`);
}

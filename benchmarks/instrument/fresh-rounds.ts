import type { Contender } from "./contenders.ts";
import type { Context } from "./context.ts";
import type { Row, Sample } from "./results.ts";

/**
 * Measures contenders in turns, each round in a fresh process. A contender that fails is excluded
 * with a remark in the report, and the others continue.
 */
export async function freshRounds(
  context: Context,
  work: string,
  contenders: readonly Contender[],
  rounds: number,
  measure: (contender: Contender) => Promise<Sample>,
): Promise<Row[]> {
  const samples = contenders.map((): Sample[] => []);
  const remarks: (string | undefined)[] = contenders.map(() => undefined);
  for (let round = 0; round < rounds; round++) {
    for (const [i, contender] of contenders.entries()) {
      if (remarks[i] !== undefined) continue;
      context.progress(`${work}, ${contender.name} on ${contender.runtime.name}`);
      try {
        samples[i].push(await measure(contender));
      } catch (error) {
        remarks[i] = `failed: ${(error as Error).message}`;
      }
    }
  }
  return contenders.map(({ name, runtime }, i) => {
    const row = { work, runtime: runtime.name, contender: name, samples: samples[i] };
    return remarks[i] === undefined ? row : { ...row, remark: remarks[i] };
  });
}

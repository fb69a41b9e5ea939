import { setTimeout as delay } from "node:timers/promises";
import { answerLines } from "../instrument/answer-lines.ts";
import type { VictimReport } from "../instrument/figures.ts";
import { type Clients, type DialQuestion, dialAll } from "./dial.ts";
import { LoopWatch } from "./loop-watch.ts";

/** What a server knows about itself. */
export type Counts = Pick<VictimReport, "openConnections" | "pendingHandshakes" | "errors">;

/** The instrument's question. */
export interface VictimQuestion {
  /** Whether to collect garbage, and to measure delays anew from then on. */
  readonly collects: boolean;
  /** What to connect to at once. The answer is `DialOutcome[]` for each instead. */
  readonly dial?: readonly DialQuestion[];
}

/** Tells the instrument the port, and answers its questions from then on. */
export function reportVictim(
  port: number | undefined,
  counts: () => Counts,
  clients: Clients,
): void {
  const watch = new LoopWatch();
  answerLines<VictimQuestion>({ port }, async ({ collects, dial }) => {
    if (dial !== undefined) return Promise.all(dial.map((each) => dialAll(clients, each)));
    // Before garbage is collected, which delays the timer too.
    const delays = watch.longest;
    const memoryInUse = collects ? await collectedMemory() : 0;
    if (collects) watch.reset();
    return { ...counts(), ...delays, memoryInUse } satisfies VictimReport;
  });
}

const collectors = globalThis as { gc?: () => void };

/** Collects garbage and returns the memory in use on the heap and outside. */
async function collectedMemory(): Promise<number> {
  const isBun = "Bun" in globalThis;
  let least = Number.POSITIVE_INFINITY;
  // Finalisers run between collections and free more, V8 frees arrays in the background.
  for (let i = 0; i < 3; i++) {
    if (isBun) Bun.gc(true);
    else collectors.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    // Bun includes external memory in both figures.
    least = Math.min(least, isBun ? heapUsed : heapUsed + external);
    await delay(10);
  }
  return least;
}

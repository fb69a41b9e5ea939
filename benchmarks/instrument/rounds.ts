import type { Line } from "./child.ts";
import type { Contender } from "./contenders.ts";
import type { Context } from "./context.ts";
import { cpuTimeBetween, readCpuTime } from "./cpu-time.ts";
import type { Subprocess } from "./processes.ts";
import type { Row, Sample } from "./results.ts";

/** A contender whose processes have started. */
export interface Contestant {
  readonly contender: Contender;
  /** Processes whose CPU time is counted. */
  readonly pids: readonly number[];
  /** The process that runs rounds on request: the load generator or the measured process itself. */
  readonly driver: Subprocess;
  readonly processes: readonly Subprocess[];
}

/** A contender and the function that starts it. */
export interface Start {
  readonly contender: Contender;
  start(): Promise<Contestant>;
}

/** The amount of work in a round. */
export interface Amount {
  /** Units of the first warm-up round. */
  readonly first: number;
  /** Maximum units of a round. */
  readonly most: number;
  /**
   * Units done before all rounds. Needed if a round has so few units that it would measure
   * compilation.
   */
  readonly warmUp?: number;
  /** Further fields of each request. */
  readonly request?: Line;
}

/**
 * Measures contenders in turns (A B C, A B C, ...) after warm-up rounds that are not counted. The
 * warm-up determines the number of units per round of each contender, so that all rounds take about
 * the same time.
 */
export async function inTurns(
  context: Context,
  work: string,
  starts: readonly Start[],
  amount: Amount,
): Promise<Row[]> {
  const entries = starts.map((start) => new Entry(work, start));
  try {
    await Promise.all(entries.map((entry) => entry.start()));
    for (const entry of entries) await entry.warmUp(context.seconds, amount);
    for (let round = 0; round < context.rounds; round++) {
      for (const entry of entries) await entry.run(amount);
    }
  } finally {
    for (const entry of entries) entry.stop();
  }
  return entries.map((entry) => entry.row);
}

/** One contender at one work. If it fails, the report says so and the others continue. */
class Entry {
  private readonly work: string;
  private readonly entrant: Start;
  private readonly samples: Sample[] = [];
  private contestant: Contestant | undefined = undefined;
  private units = 0;
  private remark: string | undefined = undefined;

  constructor(work: string, entrant: Start) {
    this.work = work;
    this.entrant = entrant;
  }

  get row(): Row {
    const { work, samples, remark } = this;
    const { name, runtime } = this.entrant.contender;
    const row = { work, runtime: runtime.name, contender: name, samples };
    return remark === undefined ? row : { ...row, remark };
  }

  start(): Promise<void> {
    return this.attempt(async () => {
      this.contestant = await this.entrant.start();
    });
  }

  /**
   * The first units determine the length of the warm-up. Only the warm-up determines the length of
   * a round, because by then the code is compiled: the compilers of JavaScriptCore take 0.2 s of CPU
   * time in the first second of an echo server.
   */
  warmUp(seconds: number, amount: Amount): Promise<void> {
    return this.attempt(async () => {
      this.units = amount.most;
      for (let done = 0; done < (amount.warmUp ?? 0); done += amount.most)
        await this.measure(amount);
      this.units = amount.first;
      for (const length of [seconds, 5 * seconds, seconds]) {
        const sample = await this.measure(amount);
        if (sample !== undefined) this.units = unitsOf(sample, length, amount);
      }
    });
  }

  run(amount: Amount): Promise<void> {
    return this.attempt(async () => {
      const sample = await this.measure(amount);
      if (sample !== undefined) this.samples.push(sample);
    });
  }

  stop(): void {
    for (const subprocess of this.contestant?.processes ?? []) subprocess.stop();
    this.contestant = undefined;
  }

  private async attempt(step: () => Promise<void>): Promise<void> {
    try {
      await step();
    } catch (error) {
      this.remark = `failed: ${(error as Error).message}`;
      this.stop();
    }
  }

  private async measure(amount: Amount): Promise<Sample | undefined> {
    if (this.contestant === undefined) return undefined;
    return measure(this.contestant, this.units, amount.request);
  }
}

/**
 * Returns how many units take this many seconds of CPU time, so that a round does as much work on a
 * busy machine as on an idle one. Limits the time by the clock to five times as long.
 */
function unitsOf({ cpu, rate }: Sample, seconds: number, { most }: Amount): number {
  const perSecond = Math.min(1e9 / Math.max(cpu, 1), rate * 5);
  return Math.max(1, Math.min(most, Math.round(perSecond * seconds)));
}

async function measure(contestant: Contestant, units: number, request: Line = {}): Promise<Sample> {
  const { pids, driver } = contestant;
  const before = readCpuTime(pids);
  const answer = await driver.ask({ ...request, units });
  const after = readCpuTime(pids);
  const cpu = cpuTimeBetween(before, after);
  const { units: done, seconds, ...rest } = answer as Record<string, number>;
  return {
    cpu: cpu / done,
    helperThreads: (cpu - (after.mainThread - before.mainThread)) / done,
    pageFaults: (after.pageFaults - before.pageFaults) / done,
    rate: done / seconds,
    busy: cpu / 1e9 / seconds,
    ...rest,
  };
}

import type { Finding } from "./job.ts";
import { minimizeInput } from "./minimize.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";

/** The exports of a target's module. */
export interface Target {
  fuzz(data: Uint8Array): void | Promise<void>;
  readonly dictionary: readonly string[];
}

/** What a search uses of the coverage. */
export interface CoverageCounts {
  readonly work: number;
  countNewOfInput(): number;
  countNewOfBatch(): number;
}

/** What a search uses to say which input runs. */
export interface CurrentInputMark {
  begin(data: Uint8Array): void;
  end(): void;
}

/** Inputs per query of V8's counts, which takes as long as some tens of inputs. */
const batchSize = 48;

interface Entry {
  readonly data: Uint8Array;
  readonly work: number;
}

/** Searches for inputs for which a target throws, by mutating inputs that did something new. */
export class Search {
  executions = 0;
  finding: Finding | undefined = undefined;
  readonly added: Uint8Array[] = [];
  readonly entries: Entry[] = [];

  private readonly target: Target;
  private readonly coverage: CoverageCounts;
  private readonly current: CurrentInputMark;
  private readonly random: Random;
  private readonly dictionary: readonly Uint8Array[];

  constructor(target: Target, coverage: CoverageCounts, current: CurrentInputMark, seed: number) {
    this.target = target;
    this.coverage = coverage;
    this.current = current;
    this.random = new Random(seed);
    // Targets create errors whose stack nobody reads.
    Error.stackTraceLimit = 0;
    this.dictionary = target.dictionary.map((token) => Buffer.from(token, "latin1"));
  }

  /** Runs an input of the corpus. Returns whether it does something that no earlier one did. */
  async replay(data: Uint8Array, file: string): Promise<boolean> {
    if (!(await this.run(data, file))) return false;
    const found = this.coverage.countNewOfInput();
    this.entries.push({ data, work: this.coverage.work });
    return found > 0;
  }

  /**
   * Runs some mutations of one input. If together they do something new, runs each of them again.
   */
  async runBatch(): Promise<void> {
    const parent = this.pickEntry();
    const source = {
      random: this.random,
      dictionary: this.dictionary,
      other: () => this.pickEntry().data,
    };
    const batch = Array.from({ length: batchSize }, () => mutate(parent.data, source));
    for (const data of batch) if (!(await this.run(data))) return;
    if (this.coverage.countNewOfBatch() === 0) return;
    for (const data of batch) {
      if (!(await this.run(data))) return;
      if (this.coverage.countNewOfInput() === 0) continue;
      this.entries.push({ data, work: this.coverage.work });
      this.added.push(data);
    }
  }

  /** Picks a recent entry, the cheapest of a few, or any. */
  private pickEntry(): Entry {
    const { entries, random } = this;
    if (entries.length === 0) return { data: new Uint8Array(1), work: 0 };
    if (random.oneIn(4)) return entries[Math.max(0, entries.length - 1 - random.below(16))];
    let cheapest = random.pick(entries);
    if (random.oneIn(3)) return cheapest;
    for (let i = 0; i < 2; i++) {
      const entry = random.pick(entries);
      if (entry.work < cheapest.work) cheapest = entry;
    }
    return cheapest;
  }

  /** Runs one input. Returns false if it is a finding. */
  private async run(data: Uint8Array, file?: string): Promise<boolean> {
    this.executions++;
    const error = await this.errorOf(data);
    if (error === undefined) return true;
    const smallest = await minimizeInput(
      data,
      async (candidate) => (await this.errorOf(candidate)) !== undefined,
    );
    Error.stackTraceLimit = 20;
    const details = { data: smallest, error: (await this.errorOf(smallest)) ?? error };
    this.finding = file === undefined ? details : { ...details, file };
    return false;
  }

  private async errorOf(data: Uint8Array): Promise<string | undefined> {
    this.current.begin(data);
    try {
      const result = this.target.fuzz(data);
      if (result !== undefined) await result;
      return undefined;
    } catch (error) {
      return error instanceof Error ? (error.stack ?? error.message) : String(error);
    } finally {
      this.current.end();
    }
  }
}

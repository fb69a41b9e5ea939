import type { Runtime } from "./runtimes.ts";

/** Settings from the command line for every suite. */
export interface Context {
  readonly runtimes: readonly Runtime[];
  /** Number of measured rounds, after the warm-up. */
  readonly rounds: number;
  /** Intended duration of a round in seconds. */
  readonly seconds: number;
  readonly quick: boolean;
  /** Run only works with this message size in bytes. */
  readonly size: number | undefined;
  /** Run only works whose name contains this. */
  readonly work: string;
  /** Number of idle connections in the suites memory and idle. */
  readonly connections: number;
  /** Adds a note to the report. */
  note(text: string): void;
  /** Shows progress. */
  progress(text: string): void;
}

/** One measurement of a suite. */
export interface Work {
  readonly name: string;
  /** Message size in bytes. */
  readonly size?: number;
  /** Skipped in a quick run. */
  readonly thorough?: boolean;
}

/** Returns the works that the command line selected. */
export function chosen<W extends Work>(context: Context, works: readonly W[]): W[] {
  return works.filter(({ name, size, thorough }) => {
    if (context.size !== undefined && size !== context.size) return false;
    if (context.quick && thorough === true && context.size === undefined) return false;
    return name.includes(context.work);
  });
}

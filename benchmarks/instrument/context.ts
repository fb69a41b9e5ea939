import type { Runtime } from "./runtimes.ts";

/** What the command line asked of every suite. */
export interface Context {
  readonly runtimes: readonly Runtime[];
  /** Rounds that count, after one that does not. */
  readonly rounds: number;
  /** How long a round is to take, in seconds. */
  readonly seconds: number;
  readonly quick: boolean;
  /** Only works with this message size, in bytes. */
  readonly size: number | undefined;
  /** Only works whose names have this in them. */
  readonly work: string;
  /** Idle connections in the memory suite. */
  readonly connections: number;
  /** Tells the reader of the report something. */
  note(text: string): void;
  /** Shows that it goes on. */
  progress(text: string): void;
}

/** One thing that can be measured. */
export interface Work {
  readonly name: string;
  /** Message size in bytes. */
  readonly size?: number;
  /** Left out of a quick run. */
  readonly thorough?: boolean;
}

/** The works that the command line asked for. */
export function chosen<W extends Work>(context: Context, works: readonly W[]): W[] {
  return works.filter(({ name, size, thorough }) => {
    if (context.size !== undefined && size !== context.size) return false;
    if (context.quick && thorough === true && context.size === undefined) return false;
    return name.includes(context.work);
  });
}

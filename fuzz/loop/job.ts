/** The task of a run. */
export interface Job {
  readonly target: string;
  readonly seconds: number;
  readonly seed: number;
  readonly mode: "search" | "replay" | "minimize";
}

/** The task of a run without coverage, in a process of its own. */
export interface BlindJob extends Job {
  /** The path of a file that holds the input that runs. */
  readonly currentFile: string;
}

/** The figures of a run. */
export interface Progress {
  readonly executions: number;
  readonly milliseconds: number;
  readonly edges: number;
  readonly corpus: number;
}

/** An input for which a target threw, hung or ran out of memory. */
export interface Finding {
  readonly data: Uint8Array;
  readonly error: string;
  /** Name of the corpus file, if the input is from the corpus. */
  readonly file?: string;
}

/** The result that the target's thread reports. */
export interface Outcome {
  readonly progress: Progress;
  readonly finding?: Finding;
  /** New inputs that do something that the corpus does not. */
  readonly added: readonly Uint8Array[];
  /** When minimising: the names of the files to keep. */
  readonly kept: readonly string[];
}

/** What a run is to do. */
export interface Job {
  readonly target: string;
  readonly seconds: number;
  readonly seed: number;
  readonly mode: "search" | "replay" | "minimize";
}

/** How far a run has come. */
export interface Progress {
  readonly executions: number;
  readonly milliseconds: number;
  readonly edges: number;
  readonly corpus: number;
}

/** An input for which a target threw, or did not come back. */
export interface Finding {
  readonly data: Uint8Array;
  readonly error: string;
  /** The corpus file, when it is one of those. */
  readonly file?: string;
}

/** What the thread that runs a target says when it is done. */
export interface Outcome {
  readonly progress: Progress;
  readonly finding?: Finding;
  /** Inputs that do something which the corpus does not do. */
  readonly added: readonly Uint8Array[];
  /** When minimising: the names of the files that are worth keeping. */
  readonly kept: readonly string[];
}

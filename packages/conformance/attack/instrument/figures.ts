/** What a victim says about itself. */
export interface VictimReport {
  /** Sockets that are open, those in the closing handshake included. */
  readonly openConnections: number;
  /** Opening handshakes without an answer; 0 where the server does not tell. */
  readonly pendingHandshakes: number;
  /** Memory in use by the program after garbage was collected, in bytes. */
  readonly memoryInUse: number;
  /** Longest delay of a timer since garbage was last collected, in milliseconds. */
  readonly longestDelay: number;
  /** Most CPU time that the process used between two turns of that timer, in milliseconds. */
  readonly longestTurn: number;
  /** Messages of the errors that the server reported to the application. */
  readonly errors: readonly string[];
}

/** Times of the honest connections in one phase, in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly median: number;
  readonly p99: number;
  readonly longest: number;
}

export const phases = ["before", "during", "after"] as const;
export type Phase = (typeof phases)[number];

/** What the honest clients saw. */
export interface HonestReport extends Readonly<Record<Phase, Latencies>> {
  /** Wrong or missing answers. */
  readonly failures: readonly string[];
  /** Clients that connected during the attack, each for one echo. */
  readonly newcomers: Latencies;
  /** Why some of them got none. */
  readonly turnedAway: readonly string[];
}

/** A figure before the attack, at its highest and when it is over. */
export interface Course {
  readonly before: number;
  readonly peak: number;
  readonly after: number;
}

/** All figures of one attack on one victim. Memory is in bytes, times are in milliseconds. */
export interface Figures {
  readonly honest: HonestReport;
  readonly memory: Course;
  readonly memoryInUse: { readonly before: number; readonly after: number };
  readonly descriptors: Course;
  /** CPU time that the victim used during the attack, and how long that took. */
  readonly cpu: number;
  readonly duration: number;
  readonly longestDelay: number;
  readonly longestTurn: number;
  /** Sockets and handshakes that are left, the honest ones included. */
  readonly left: number;
  readonly errors: readonly string[];
  /** What the attack itself measured. */
  readonly notes: Readonly<Record<string, string>>;
}

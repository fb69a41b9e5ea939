import type { LimitOptions, LimitReport } from "../../src/limits/limit-options.ts";
import type { Scene } from "../../src/limits/scene.ts";

/** Crosses a limit. Returns what came back on the wire; see `httpAnswer` and `rest`. */
export type Cross = (scene: Scene) => Promise<readonly string[]>;

/** A limit and what happens when a peer crosses it, or stays just below. */
export interface LimitCase {
  /** Starts with the option's name. */
  readonly name: string;
  readonly options: LimitOptions;
  readonly cross: Cross;
  /**
   * What the peer receives. "cut off" stands for "end" and "reset": a server that gives up a
   * connection ends TCP on Node and Deno, and resets it on Bun.
   */
  readonly wire: readonly string[];
  /** What the handlers are called with, in any order; see `LimitReport.events`. */
  readonly events: readonly string[];
  /** Whether `messageRate` paused or closed a socket. Default false. */
  readonly exceedsRate?: boolean;
}

/** The counts of `server.stats()` that follow from events. */
export function countsOf(events: readonly string[]) {
  const refused: Record<string, number> = {};
  const closes: Record<string, number> = {};
  const errors: Record<string, number> = {};
  const count = (counts: Record<string, number>, key: string) => {
    counts[key] = (counts[key] ?? 0) + 1;
  };
  for (const event of events) {
    const [what, first, ...others] = event.split(" ");
    if (what === "refused") count(refused, first);
    if (what !== "close") continue;
    count(closes, first);
    for (const code of others) if (code.startsWith("WS_ERR_")) count(errors, code);
  }
  return { refused, closes, errors };
}

/** Returns the counts of a report in the same form. */
export function countsIn({ stats: { refused, closes, errors } }: LimitReport) {
  return { refused, closes, errors };
}

/** Replaces the ends of TCP by "cut off" where it is expected. */
export function withCutOffs(lines: readonly string[], expected: readonly string[]): string[] {
  const isEnd = (line: string) => line === "end" || line === "reset";
  return lines.map((line, index) =>
    expected[index] === "cut off" && isEnd(line) ? "cut off" : line,
  );
}

import type { Attack } from "./attack.ts";
import type { Figures } from "./figures.ts";
import { honestCount } from "./honest-count.ts";
import type { Victim } from "./victim.ts";

/** What was measured, and what of it is not right. */
export interface Verdict {
  readonly attack: Attack;
  readonly contender: Victim["contender"];
  /** Undefined if the victim did not start, ended or hangs. */
  readonly figures: Figures | undefined;
  /** Thresholds that were crossed, and wrong answers. For other servers: what differs from ours. */
  readonly faults: readonly string[];
}

const mebibyte = 1_048_576;
/** Memory that may be in use when an attack is over, in MiB: buffers that all connections share. */
const mayBeKept = 16;
/**
 * CPU time after which a server counts as stalled, in milliseconds on a usual machine: in one turn
 * of the event loop, and while an honest client waits. Other work of the machine does not change it.
 */
const longestTurn = 1_500;
const longestWait = 3_000;
/** Descriptors that a runtime may open for its own use later. */
export const ownDescriptors = 3;

/**
 * Compares figures with the thresholds of every attack and with its own.
 *
 * @param slowness - By how much CPU time may exceed that of a usual machine.
 */
export function verdictOn(
  attack: Attack,
  victim: Pick<Victim, "contender" | "isRunning" | "standardError">,
  wrong: readonly string[],
  figures: Figures,
  slowness: number,
): Verdict {
  const { honest, memory, memoryInUse, descriptors, left, errors } = figures;
  const { memory: mayGrow, kept = mayBeKept, newcomers = true } = attack.thresholds;
  const faults = [...wrong];
  const limit = (what: string, got: number, most: number) => {
    if (!(got <= most)) faults.push(`${what}: ${Math.round(got)}, at most ${Math.round(most)}`);
  };
  if (!victim.isRunning) faults.push("the process has ended");
  if (victim.standardError !== "") faults.push(`it printed ${victim.standardError.slice(0, 300)}`);
  for (const error of errors) faults.push(`an error was reported: ${error}`);
  for (const failure of honest.failures) faults.push(`an honest client got ${failure}`);
  if (newcomers) {
    for (const answer of new Set(honest.turnedAway)) faults.push(`a new client got ${answer}`);
  }
  const share = Math.min(figures.cpu / figures.duration, 1);
  const waited = honest.during.longest * share;
  limit("CPU time while an honest client waited in ms", waited, slowness * longestWait);
  const { longestTurn: turn } = figures;
  limit("CPU time of one turn of the event loop in ms", turn, slowness * longestTurn);
  limit("growth of resident memory in MiB", (memory.peak - memory.before) / mebibyte, mayGrow);
  limit("memory kept in MiB", (memoryInUse.after - memoryInUse.before) / mebibyte, kept);
  limit("descriptors kept", descriptors.after - descriptors.before, ownDescriptors);
  limit("connections left", left, honestCount);
  return { attack, contender: victim.contender, figures, faults };
}

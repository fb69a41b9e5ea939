import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { slownessOfMachine } from "./slowness.ts";

const taskset = "/usr/bin/taskset";
const canPin = existsSync(taskset) && availableParallelism() > 1;

/** Pins this process, and the children that it starts, to the second core. */
export function pinAttacker(): void {
  if (canPin) spawnSync(taskset, ["-acp", "1", String(process.pid)], { stdio: "ignore" });
}

/** Returns the command that runs on the first core. */
export function onVictimCore(command: readonly string[]): readonly string[] {
  return canPin ? [taskset, "-c", "0", ...command] : command;
}

/** Describes the machine for the report. */
export function describeMachine(): string {
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const pinning = canPin
    ? "victim on one core, attacker and honest clients on another"
    : "nothing is pinned to a core";
  const cores = `${cpus().length} cores of ${cpus()[0].model}`;
  const limits = `limits of CPU time are ${slownessOfMachine().toFixed(1)} times the usual ones`;
  return `${cores}, ${memory}, Linux ${release()}; ${pinning}; ${limits}`;
}

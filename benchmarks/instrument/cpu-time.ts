import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** CPU time of a process and its threads so far, in nanoseconds, from two kernel sources. */
export interface CpuTime {
  /** Exact, but excludes threads that have ended. */
  readonly schedstat: number;
  /** Includes threads that have ended, but counts in ticks of 10 ms. */
  readonly stat: number;
}

const tick = 1e7;

/** Reads the total CPU time of processes. */
export function readCpuTime(pids: readonly number[]): CpuTime {
  let schedstat = 0;
  let stat = 0;
  for (const pid of pids) {
    schedstat += scheduledTime(pid);
    stat += tickTime(pid);
  }
  return { schedstat, stat };
}

/**
 * Returns the CPU time between two readings in nanoseconds. Uses the exact count unless the coarse
 * one shows that threads ended in between, whose time the exact count lacks.
 */
export function cpuTimeBetween(before: CpuTime, after: CpuTime): number {
  const exact = after.schedstat - before.schedstat;
  const coarse = after.stat - before.stat;
  const lost = Number.isNaN(exact) || coarse - exact > 3 * tick + 0.02 * coarse;
  return lost ? coarse : exact;
}

function scheduledTime(pid: number): number {
  let sum = 0;
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      sum += Number(readTask(pid, task).split(" ")[0]);
    }
  } catch (error) {
    // The kernel has no schedstats.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Number.NaN;
    throw error;
  }
  return sum;
}

/** Returns the schedstat of a thread, or 0 if the thread has ended since it was listed. */
function readTask(pid: number, task: string): string {
  try {
    return readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return "0";
    throw error;
  }
}

function tickTime(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tick;
}

/** Returns the resident memory of a process in bytes. */
export function readResidentMemory(pid: number): number {
  return readMemory(pid, "VmRSS");
}

/** Returns the peak resident memory of a process since `resetPeakMemory`, in bytes. */
export function readPeakMemory(pid: number): number {
  return readMemory(pid, "VmHWM");
}

export function resetPeakMemory(pid: number): void {
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
}

function readMemory(pid: number, field: "VmRSS" | "VmHWM"): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status);
  if (match === null) throw new Error(`process ${pid} has no ${field}`);
  return Number(match[1]) * 1_024;
}

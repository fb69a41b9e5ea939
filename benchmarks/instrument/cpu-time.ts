import { readdirSync, readFileSync, writeFileSync } from "node:fs";

/** CPU time of processes and their threads so far, in nanoseconds, from two kernel sources. */
export interface CpuTime {
  /** Exact, but excludes threads that have ended. */
  readonly schedstat: number;
  /** The part of `schedstat` of the main threads, which run JavaScript. */
  readonly mainThread: number;
  /** Includes threads that have ended, but counts in ticks of 10 ms. */
  readonly stat: number;
  /** Number of page faults that needed no I/O, of all threads. */
  readonly pageFaults: number;
}

const tick = 1e7;

/** Reads the total CPU time of processes. */
export function readCpuTime(pids: readonly number[]): CpuTime {
  let schedstat = 0;
  let mainThread = 0;
  let stat = 0;
  let pageFaults = 0;
  for (const pid of pids) {
    const threads = threadTimes(pid);
    schedstat += threads.all;
    mainThread += threads.main;
    const fields = readStat(pid);
    stat += (fields[11] + fields[12]) * tick;
    pageFaults += fields[7];
  }
  return { schedstat, mainThread, stat, pageFaults };
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

function threadTimes(pid: number): { all: number; main: number } {
  let all = 0;
  let main = 0;
  try {
    for (const task of readdirSync(`/proc/${pid}/task`)) {
      const time = Number(readTask(pid, task).split(" ")[0]);
      all += time;
      if (task === String(pid)) main = time;
    }
  } catch (error) {
    // The kernel has no schedstats.
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { all: Number.NaN, main: 0 };
    throw error;
  }
  return { all, main };
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

/** Returns the fields of /proc/PID/stat behind the command, which start with the state. */
function readStat(pid: number): number[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
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

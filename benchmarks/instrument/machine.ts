import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";

const taskset = "/usr/bin/taskset";

/** Whether processes can be bound to cores. */
export const canPin = existsSync(taskset) && availableParallelism() > 1;

/** What is measured runs on the first core, what loads it on the second. */
export const Core = {
  Measured: "0",
  Load: "1",
  /** Where two processes are measured together: a core for each, if there are enough. */
  MeasuredPair: availableParallelism() > 2 ? "0,2" : "0",
} as const;
export type Core = (typeof Core)[keyof typeof Core];

/** A command line that runs on one core, where that can be had. */
export function pinned(core: Core, command: readonly string[]): string[] {
  return canPin ? [taskset, "-c", core, ...command] : [...command];
}

/** What the numbers depend on, for the report. */
export function describeMachine(): Record<string, string> {
  return {
    CPU: `${cpus()[0].model}, ${availableParallelism()} cores`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `${process.platform} ${release()}`,
    pinning: canPin ? "measured on core 0, load on core 1" : "none: no taskset or a single core",
  };
}

/**
 * How many connections one process can have here.
 *
 * @param wanted - How many there should be.
 * @returns As many of them as the limits on open files and ports leave, and which limit that was.
 */
export function connectionLimit(wanted: number): { connections: number; reason: string } {
  const limits = readFileSync("/proc/self/limits", "utf8");
  const files = Number(/^Max open files\s+(\d+)/m.exec(limits)?.[1] ?? 1_024) - 256;
  const range = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").trim();
  const [first, last] = range.split(/\s+/).map(Number);
  const ports = last - first - 1_000;
  if (wanted <= files && wanted <= ports) return { connections: wanted, reason: "" };
  return files < ports
    ? { connections: files, reason: `${wanted} connections need a higher "ulimit -n"` }
    : { connections: ports, reason: `${wanted} connections need more local ports` };
}

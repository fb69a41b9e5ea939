import { existsSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";

const taskset = "/usr/bin/taskset";

/** Whether processes can be bound to cores. */
export const canPin = existsSync(taskset) && availableParallelism() > 1;

/** Measured processes run on the first core, load generators on the second. */
export const Core = {
  Measured: "0",
  Load: "1",
  /** For two processes measured together: one core each, if there are enough cores. */
  MeasuredPair: availableParallelism() > 2 ? "0,2" : "0",
} as const;
export type Core = (typeof Core)[keyof typeof Core];

/** Returns a command line that is pinned to a core, if pinning is available. */
export function pinned(core: Core, command: readonly string[]): string[] {
  return canPin ? [taskset, "-c", core, ...command] : [...command];
}

/** Describes the machine for the report. */
export function describeMachine(): Record<string, string> {
  return {
    CPU: `${cpus()[0].model}, ${availableParallelism()} cores`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    kernel: `${process.platform} ${release()}`,
    pinning: canPin ? "measured on core 0, load on core 1" : "none: no taskset or a single core",
  };
}

/**
 * Limits a number of connections to what one process can have on this machine.
 *
 * @param wanted - Number of connections wanted.
 * @returns As many of them as the limits on open files and ports allow, and the limit that applied.
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

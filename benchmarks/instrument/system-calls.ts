import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const strace = "/usr/bin/strace";

/** Whether system calls can be counted. */
export const canCountSystemCalls = existsSync(strace);

/**
 * Counts the system calls of all threads of a process while `work` runs. The process is several
 * times slower meanwhile.
 *
 * @returns The number of calls by name.
 */
export async function countSystemCalls(
  pid: number,
  work: () => Promise<void>,
): Promise<Map<string, number>> {
  const folder = mkdtempSync(join(tmpdir(), "framewright-strace-"));
  const output = join(folder, "calls");
  const tracer = spawn(strace, ["-f", "-c", "-U", "name,calls", "-o", output, "-p", String(pid)]);
  try {
    await attached(pid);
    await work();
    const ended = once(tracer, "exit");
    tracer.kill("SIGINT");
    await ended;
    return parseSummary(readFileSync(output, "utf8"));
  } finally {
    tracer.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  }
}

async function attached(pid: number): Promise<void> {
  for (let attempt = 0; attempt < 500; attempt++) {
    if (!/^TracerPid:\s+0$/m.test(readFileSync(`/proc/${pid}/status`, "utf8"))) return;
    await sleep(10);
  }
  throw new Error("strace could not attach");
}

/** Parses lines of a name and a number. */
function parseSummary(summary: string): Map<string, number> {
  const calls = new Map<string, number>();
  for (const line of summary.split("\n")) {
    const match = /^(\w+)\s+(\d+)$/.exec(line.trim());
    if (match !== null) calls.set(match[1], Number(match[2]));
  }
  return calls;
}

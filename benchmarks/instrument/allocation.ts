import type { Line } from "./child.ts";
import type { Contender } from "./contenders.ts";
import { Core } from "./machine.ts";
import { Subprocess } from "./processes.ts";
import type { Sample } from "./results.ts";
import { bun, type RuntimeKind } from "./runtimes.ts";
import { startServer, targetOf } from "./server-contest.ts";
import { canCountSystemCalls, countSystemCalls } from "./system-calls.ts";

/** Part of a round that is echoed before counting starts, so that all code is compiled. */
const warmUp = 0.2;

/**
 * With these flags V8 frees the memory of array buffers within a collection. Otherwise a thread does
 * it at any time after, and what it frees before the next collection is missing from the count.
 */
const exactCount: Readonly<Record<RuntimeKind, readonly string[]>> = {
  node: ["--no-concurrent-array-buffer-sweeping"],
  deno: ["--v8-flags=--no-concurrent-array-buffer-sweeping"],
  bun: [],
};

/** Measures what a fresh process allocates per message, without a network. */
export async function allocationInProcess(
  contender: Contender,
  options: Line,
  messages: number,
): Promise<Sample> {
  const program = { ...contender, flags: exactCount[contender.runtime.kind], options };
  const { process } = await Subprocess.start(Core.Measured, program);
  try {
    return await count(process, process, messages);
  } finally {
    process.stop();
  }
}

/** Measures what a fresh server allocates per message that it echoes. */
export function allocationOfServer(
  contender: Contender,
  loadOptions: Line,
  messages: number,
): Promise<Sample> {
  const exact = { ...contender, flags: exactCount[contender.runtime.kind] };
  return underLoad(exact, loadOptions, (server, load) => count(server, load, messages));
}

/** Counts the system calls of a fresh server per message that it echoes. Empty without `strace`. */
export async function systemCallsOfServer(
  contender: Contender,
  loadOptions: Line,
  messages: number,
): Promise<Sample> {
  if (!canCountSystemCalls) return {};
  return underLoad(contender, loadOptions, async (server, load) => {
    await load.ask({ units: messages * 4 });
    let done = 0;
    const calls = await countSystemCalls(server.pid, async () => {
      done = Number((await load.ask({ units: messages }, 120)).units);
    });
    const sum = (numbers: Iterable<number>) => [...numbers].reduce((a, b) => a + b, 0) / done;
    const named = (name: string) => (calls.get(name) ?? 0) / done;
    return { systemCalls: sum(calls.values()), madvise: named("madvise"), futex: named("futex") };
  });
}

async function underLoad(
  contender: Contender,
  loadOptions: Line,
  measure: (server: Subprocess, load: Subprocess) => Promise<Sample>,
): Promise<Sample> {
  const { process: server, ready } = await startServer(contender, {});
  try {
    const { process: load } = await Subprocess.start(Core.Load, {
      runtime: bun,
      script: "load/echo-load.ts",
      options: { ...loadOptions, target: targetOf(contender, ready, false) },
    });
    try {
      return await measure(server, load);
    } finally {
      load.stop();
    }
  } finally {
    server.stop();
  }
}

async function count(counted: Subprocess, driver: Subprocess, messages: number): Promise<Sample> {
  await driver.ask({ units: Math.ceil(messages * warmUp) });
  await counted.ask({ allocation: "start" });
  const { units } = await driver.ask({ units: messages }, 120);
  const answer = (await counted.ask({ allocation: "stop" })) as Record<string, number>;
  const { heap, external, collections, milliseconds } = answer;
  const done = Number(units);
  return {
    allocated: (heap + external) / done,
    heap: heap / done,
    external: external / done,
    collections: (collections / done) * 1e6,
    milliseconds: (milliseconds / done) * 1e6,
  };
}

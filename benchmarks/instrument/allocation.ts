import type { Line } from "./child.ts";
import type { Contender } from "./contenders.ts";
import { Core } from "./machine.ts";
import { Subprocess } from "./processes.ts";
import type { Sample } from "./results.ts";
import { bun } from "./runtimes.ts";
import { startServer, targetOf } from "./server-contest.ts";

/** Part of a round that is echoed before counting starts, so that all code is compiled. */
const warmUp = 0.2;

/** Measures what a fresh process allocates per message, without a network. */
export async function allocationInProcess(
  contender: Contender,
  options: Line,
  messages: number,
): Promise<Sample> {
  const { process } = await Subprocess.start(Core.Measured, { ...contender, options });
  try {
    return await count(process, process, messages);
  } finally {
    process.stop();
  }
}

/** Measures what a fresh server allocates per message that it echoes. */
export async function allocationOfServer(
  contender: Contender,
  loadOptions: Line,
  messages: number,
): Promise<Sample> {
  const { process: server, ready } = await startServer(contender, {});
  try {
    const { process: load } = await Subprocess.start(Core.Load, {
      runtime: bun,
      script: "load/echo-load.ts",
      options: { ...loadOptions, target: targetOf(contender, ready, false) },
    });
    try {
      return await count(server, load, messages);
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
    heap: heap / done,
    external: external / done,
    collections: (collections / done) * 1e6,
    milliseconds: (milliseconds / done) * 1e6,
  };
}

import type { Contender } from "./contenders.ts";
import { cpuTimeBetween, readCpuTime, readResidentMemory } from "./cpu-time.ts";
import { Core } from "./machine.ts";
import { withCollector } from "./memory.ts";
import { Subprocess } from "./processes.ts";
import type { Sample } from "./results.ts";
import { bun } from "./runtimes.ts";
import { startServer, targetOf } from "./server-contest.ts";

/** Connections that are opened and ended first, so that code needed once is not counted. */
const warmUpConnections = 200;
/** How long Pings flow until their code is compiled. */
const settlingSeconds = 3;

/**
 * Measures a fresh process with idle connections: its CPU time while the peers only answer Pings,
 * and afterwards its memory. `cpu` is in nanoseconds per second.
 */
export async function idleCostOf(
  contender: Contender,
  connections: number,
  seconds: number,
): Promise<Sample> {
  const { process: server, ready } = await startServer(withCollector(contender), {});
  const connect = (count: number) => {
    const options = { target: targetOf(contender, ready, false), connections: count };
    return Subprocess.start(Core.Load, { runtime: bun, script: "load/idle-load.ts", options });
  };
  const settled = async () => {
    const { heap } = await server.ask({ collect: true });
    return { heap: Number(heap), resident: readResidentMemory(server.pid) };
  };
  try {
    (await connect(warmUpConnections)).process.stop();
    const empty = await settled();
    const { process: load } = await connect(connections);
    await load.ask({ seconds: settlingSeconds });
    const before = readCpuTime([server.pid]);
    const answer = (await load.ask({ seconds })) as Record<string, number>;
    // Threads that have ended take their few milliseconds out of the sum.
    const cpu = Math.max(0, cpuTimeBetween(before, readCpuTime([server.pid])));
    const full = await settled();
    load.stop();
    return {
      cpu: cpu / answer.seconds,
      roundTrip: cpu / answer.pings,
      pings: answer.pings / answer.seconds,
      loadBusy: answer.loadBusy,
      bytes: (full.resident - empty.resident) / connections,
      heap: (full.heap - empty.heap) / connections,
    };
  } finally {
    server.stop();
  }
}

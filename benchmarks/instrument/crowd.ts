import type { Contender } from "./contenders.ts";
import { cpuTimeBetween, readCpuTime, readResidentMemory } from "./cpu-time.ts";
import { readSocketMemory } from "./kernel-memory.ts";
import { Core } from "./machine.ts";
import { withCollector } from "./memory.ts";
import { Subprocess } from "./processes.ts";
import type { Sample } from "./results.ts";
import { bun } from "./runtimes.ts";
import { startServer, targetOf } from "./server-contest.ts";

/** Length of the broadcast message in bytes. */
const size = 64;
/** Connections that are opened and ended first, so that code needed once is not counted. */
const warmUpConnections = 200;
/** Deliveries until the code of a broadcast is compiled, and those that are measured, at least. */
const warmUpDeliveries = 100_000;
const deliveries = 150_000;

/**
 * Measures a fresh process with idle connections: its memory for each of them, that of the kernel for
 * each of their sockets, and the CPU time of broadcasts to all of them for each receiver.
 */
export async function costOfCrowd(contender: Contender, connections: number): Promise<Sample> {
  // Receivers only count bytes, so a Ping would be taken for a part of a message.
  const settings = { broadcast: size, heartbeat: false } as const;
  const { process: server, ready } = await startServer(withCollector(contender), settings);
  const connect = async (count: number) => {
    const options = { target: targetOf(contender, ready, false), connections: count, size };
    const program = { runtime: bun, script: "load/broadcast-load.ts", options };
    return (await Subprocess.start(Core.Load, program)).process;
  };
  const settled = async () => {
    const { heap } = await server.ask({ collect: true });
    const resident = readResidentMemory(server.pid);
    return { heap: Number(heap), resident, kernel: readSocketMemory() };
  };
  try {
    const warmUp = await connect(warmUpConnections);
    await warmUp.ask({ units: warmUpDeliveries });
    warmUp.stop();
    const empty = await settled();
    const load = await connect(connections);
    await load.ask({ units: connections });
    const full = await settled();
    const before = readCpuTime([server.pid]);
    const { units, p50 } = (await load.ask({ units: deliveries })) as Record<string, number>;
    const cpu = cpuTimeBetween(before, readCpuTime([server.pid])) / units;
    load.stop();
    return {
      bytes: (full.resident - empty.resident) / connections,
      heap: (full.heap - empty.heap) / connections,
      // Both ends of each connection are on this machine.
      kernel: (full.kernel - empty.kernel) / (2 * connections),
      cpu,
      p50,
    };
  } finally {
    server.stop();
  }
}

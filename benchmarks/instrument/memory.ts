import type { Contender } from "./contenders.ts";
import { readResidentMemory } from "./cpu-time.ts";
import { Core } from "./machine.ts";
import { Subprocess } from "./processes.ts";
import type { Sample } from "./results.ts";
import { bun } from "./runtimes.ts";
import { startServer, targetOf } from "./server-contest.ts";

const warmUpConnections = 200;

/**
 * Measures the memory per idle connection of a fresh process. The process serves and ends some
 * connections first, so that code and buffers needed only once are not counted.
 */
export async function memoryOf(contender: Contender, connections: number): Promise<Sample> {
  const { process: server, ready } = await startServer(withCollector(contender), {});
  const target = targetOf(contender, ready, false);
  const settled = async () => {
    await server.ask({ collect: true });
    return readResidentMemory(server.pid);
  };
  try {
    const warmUp = await connectAll(target, warmUpConnections);
    warmUp.stop();
    const empty = await settled();
    const load = await connectAll(target, connections);
    const full = await settled();
    load.stop();
    return { bytes: (full - empty) / connections, before: empty, after: full };
  } finally {
    server.stop();
  }
}

/** Returns the contender with a garbage collector that can be called. */
export function withCollector(contender: Contender): Contender {
  const flags = { node: ["--expose-gc"], deno: ["--v8-flags=--expose-gc"], bun: [] };
  return { ...contender, flags: flags[contender.runtime.kind] };
}

/** Opens connections and echoes one message over each. */
async function connectAll(target: object, connections: number): Promise<Subprocess> {
  const options = { target, connections, depth: 1, size: 32, kind: "binary" };
  const program = { runtime: bun, script: "load/echo-load.ts", options };
  const { process: load } = await Subprocess.start(Core.Load, program);
  try {
    await load.ask({ units: connections });
    return load;
  } catch (error) {
    load.stop();
    throw error;
  }
}

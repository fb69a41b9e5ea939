import type { Contender } from "./contenders.ts";
import { readResidentMemory } from "./cpu-time.ts";
import { Core } from "./machine.ts";
import { Subprocess } from "./processes.ts";
import type { Sample } from "./results.ts";
import { bun } from "./runtimes.ts";
import { startServer, targetOf } from "./server-contest.ts";

const warmUpConnections = 200;
/** Few, because the memory that they leave behind is used again. */
const smallWarmUp = 50;

/**
 * Measures the memory per idle connection of a fresh process. The process serves and ends some
 * connections first, so that code and buffers needed only once are not counted.
 */
export async function memoryOf(contender: Contender, connections: number): Promise<Sample> {
  const { process: server, ready } = await startServer(withCollector(contender), {});
  const target = targetOf(contender, ready, false);
  try {
    const warmUp = await connectAll(target, warmUpConnections);
    warmUp.stop();
    const { resident: empty } = await settledMemory(server);
    const load = await connectAll(target, connections);
    const { resident: full } = await settledMemory(server);
    load.stop();
    return { bytes: (full - empty) / connections, before: empty, after: full };
  } finally {
    server.stop();
  }
}

/**
 * Measures the memory per idle connection of a fresh process for the first connections, and for as
 * many further ones. The first also pay for what a process needs once, such as the young generation
 * of V8, which any traffic fills.
 */
export async function memoryByStep(contender: Contender, connections: number): Promise<Sample> {
  const { process: server, ready } = await startServer(withCollector(contender), {});
  const target = targetOf(contender, ready, false);
  const loads: Subprocess[] = [];
  try {
    const warmUp = await connectAll(target, smallWarmUp);
    warmUp.stop();
    const empty = await settledMemory(server);
    loads.push(await connectAll(target, connections));
    const first = await settledMemory(server);
    loads.push(await connectAll(target, connections));
    const second = await settledMemory(server);
    return {
      first: (first.resident - empty.resident) / connections,
      bytes: (second.resident - first.resident) / connections,
      heap: (second.heap - first.heap) / connections,
      before: empty.resident,
    };
  } finally {
    for (const load of loads) load.stop();
    server.stop();
  }
}

/** Returns the memory of a server after garbage collection, in bytes. */
async function settledMemory(server: Subprocess): Promise<{ heap: number; resident: number }> {
  const { heap } = await server.ask({ collect: true });
  return { heap: Number(heap), resident: readResidentMemory(server.pid) };
}

/** Returns the contender with a garbage collector that can be called. */
export function withCollector(contender: Contender): Contender {
  const flags = { node: ["--expose-gc"], deno: ["--v8-flags=--expose-gc"], bun: [] };
  return { ...contender, flags: flags[contender.runtime.kind] };
}

/** Opens connections and echoes one message over each. */
export async function connectAll(target: object, connections: number): Promise<Subprocess> {
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

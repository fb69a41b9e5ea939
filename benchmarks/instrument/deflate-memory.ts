import type { Line } from "./child.ts";
import type { Contender } from "./contenders.ts";
import { readPeakMemory, readResidentMemory, resetPeakMemory } from "./cpu-time.ts";
import { Core } from "./machine.ts";
import { withCollector } from "./memory.ts";
import { Subprocess } from "./processes.ts";
import type { Sample } from "./results.ts";
import { bun } from "./runtimes.ts";
import { startServer, targetOf } from "./server-contest.ts";

/** Connections that echo compressed messages. */
export interface DeflateMemoryLoad {
  readonly connections: number;
  readonly size: number;
  readonly contextTakeover: boolean;
  /** Messages per connection. */
  readonly messages: number;
}

/** Small, so that the memory that it leaves in the allocator does not hide what is measured. */
const warmUp = { connections: 8, messages: 200 };

/**
 * Measures the memory per connection of a fresh process, relative to its memory after some
 * connections have ended: `bytes` after a garbage collection, and `peak`, the maximum without one.
 */
export async function deflateMemoryOf(
  contender: Contender,
  load: DeflateMemoryLoad,
): Promise<{ extensions: string; sample: Sample }> {
  const { process: server, ready } = await startServer(withCollector(contender), {});
  const target = targetOf(contender, ready, false);
  const settled = async () => {
    await server.ask({ collect: true });
    return readResidentMemory(server.pid);
  };
  try {
    const first = await echoOverAll(target, { ...load, ...warmUp });
    first.process.stop();
    const before = await settled();
    resetPeakMemory(server.pid);
    const { process, extensions, compressed } = await echoOverAll(target, load);
    const most = readPeakMemory(server.pid);
    const after = await settled();
    process.stop();
    const bytes = (after - before) / load.connections;
    const peak = (most - before) / load.connections;
    return {
      extensions: String(extensions || "no extension"),
      sample: { bytes, peak, before, after, most, compressed: Number(compressed) },
    };
  } finally {
    server.stop();
  }
}

async function echoOverAll(target: Line, load: DeflateMemoryLoad) {
  const { messages, ...options } = load;
  const { process, ready } = await Subprocess.start(Core.Load, {
    runtime: bun,
    script: "load/deflate-load.ts",
    options: { ...options, target, depth: 1 },
  });
  try {
    const { compressed } = await process.ask({ units: messages * load.connections });
    return { process, extensions: ready.extensions, compressed };
  } catch (error) {
    process.stop();
    throw error;
  }
}

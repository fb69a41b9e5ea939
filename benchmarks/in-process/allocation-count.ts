import { GCProfiler } from "node:v8";
import type { Line } from "../instrument/child.ts";

/** The V8 heap statistics used here, in bytes. */
interface Heap {
  readonly used: number;
  readonly external: number;
}

let profiler = new GCProfiler();
let atStart: Heap = { used: 0, external: 0 };

/**
 * Measures the memory allocated between `start` and `stop`: the sum of the heap's growth before
 * each collection, measured from the size that the previous collection left. Memory outside the
 * heap (the bytes of large ArrayBuffers) is measured in the same way, so what was freed between two
 * collections is not counted.
 */
export function countAllocation(step: "start" | "stop"): Line {
  // JavaScriptCore knows what was allocated since the last collection only when the next one starts.
  (globalThis as { Bun?: { gc(force: boolean): void } }).Bun?.gc(true);
  if (step === "start") {
    profiler = new GCProfiler();
    profiler.start();
    atStart = heapNow();
    return {};
  }
  const atEnd = heapNow();
  const collections = profiler.stop()?.statistics ?? [];
  let heap = 0;
  let external = 0;
  let milliseconds = 0;
  let last = atStart;
  for (const { beforeGC, afterGC, cost } of collections) {
    heap += beforeGC.heapStatistics.usedHeapSize - last.used;
    external += Math.max(beforeGC.heapStatistics.externalMemory - last.external, 0);
    milliseconds += cost / 1_000;
    last = heapOf(afterGC.heapStatistics);
  }
  heap += atEnd.used - last.used;
  external += Math.max(atEnd.external - last.external, 0);
  return { heap, external, collections: collections.length, milliseconds };
}

function heapOf(statistics: { usedHeapSize: number; externalMemory: number }): Heap {
  return { used: statistics.usedHeapSize, external: statistics.externalMemory };
}

function heapNow(): Heap {
  const { heapUsed, external } = process.memoryUsage();
  return { used: heapUsed, external };
}

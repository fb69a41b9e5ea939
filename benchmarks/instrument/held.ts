import type { Held } from "../load/held-load.ts";
import type { Contender } from "./contenders.ts";
import { readResidentMemory } from "./cpu-time.ts";
import { Core } from "./machine.ts";
import { withCollector } from "./memory.ts";
import { Subprocess } from "./processes.ts";
import type { Sample } from "./results.ts";
import { bun } from "./runtimes.ts";
import { startServer, targetOf } from "./server-contest.ts";

/** What a number of connections hold; see `load/held-load.ts`. */
export interface Holding {
  readonly held: Held;
  readonly connections: number;
  readonly length: number;
}

/** Connections that hold little first, so that code and buffers needed once are not counted. */
const warmUp = { connections: 100, length: 1_024 };

/**
 * Measures the memory that connections hold in a fresh process: for each of them, or with "unread"
 * for each message of 1 KiB that waits in the server.
 */
export async function heldBy(contender: Contender, holding: Holding): Promise<Sample> {
  const { held, connections, length } = holding;
  const { process: server, ready } = await startServer(withCollector(contender), {});
  const load = (amount: { connections: number; length: number }) => {
    const options = { target: targetOf(contender, ready, false), held, ...amount };
    return Subprocess.start(Core.Load, { runtime: bun, script: "load/held-load.ts", options });
  };
  const settled = async () => {
    const { buffered } = await server.ask({ collect: true });
    return { buffered: Number(buffered), resident: readResidentMemory(server.pid) };
  };
  try {
    (await load(warmUp)).process.stop();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const empty = await settled();
    const { process } = await load({ connections, length });
    const full = await settled();
    process.stop();
    const units = held === "unread" ? full.buffered / 1_028 : connections;
    return { bytes: (full.resident - empty.resident) / units, units };
  } finally {
    server.stop();
  }
}

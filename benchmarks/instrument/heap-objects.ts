import { readFileSync, rmSync } from "node:fs";
import type { Contender } from "./contenders.ts";
import { connectAll, withCollector } from "./memory.ts";
import type { Subprocess } from "./processes.ts";
import { root } from "./runtimes.ts";
import { startServer, targetOf } from "./server-contest.ts";

/** Connections that are opened and ended first, so that objects needed once are not counted. */
const warmUpConnections = 50;

/** Objects of one class, for each connection. */
export interface HeapObjects {
  readonly name: string;
  readonly count: number;
  readonly bytes: number;
}

/** The used part of V8's format of heap snapshots. JavaScriptCore has it too. */
interface Snapshot {
  readonly snapshot: {
    readonly meta: { readonly node_fields: readonly string[]; readonly node_types: [string[]] };
  };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

type Totals = Map<string, { count: number; bytes: number }>;

/** Finds out which objects an idle connection keeps: those that are new in a second snapshot. */
export async function objectsOf(contender: Contender, connections: number): Promise<HeapObjects[]> {
  const { process: server, ready } = await startServer(withCollector(contender), {});
  const target = targetOf(contender, ready, false);
  try {
    (await connectAll(target, warmUpConnections)).stop();
    const before = await objectsIn(server);
    const load = await connectAll(target, connections);
    const after = await objectsIn(server);
    load.stop();
    return [...after]
      .map(([name, { count, bytes }]) => ({
        name,
        count: (count - (before.get(name)?.count ?? 0)) / connections,
        bytes: (bytes - (before.get(name)?.bytes ?? 0)) / connections,
      }))
      .sort((left, right) => right.bytes - left.bytes);
  } finally {
    server.stop();
  }
}

async function objectsIn(server: Subprocess): Promise<Totals> {
  const file = `${root}/.artifacts/benchmarks/${server.pid}.heapsnapshot`;
  await server.ask({ collect: true, snapshot: file });
  try {
    return totalsOf(JSON.parse(readFileSync(file, "utf8")));
  } finally {
    rmSync(file, { force: true });
  }
}

/** Adds up objects by their class. */
function totalsOf({ snapshot: { meta }, nodes, strings }: Snapshot): Totals {
  const [type, name, size] = ["type", "name", "self_size"].map((field) =>
    meta.node_fields.indexOf(field),
  );
  const totals: Totals = new Map();
  for (let at = 0; at < nodes.length; at += meta.node_fields.length) {
    const kind = meta.node_types[0][nodes[at + type]];
    // The name of a string is its text.
    const isText = kind.includes("string");
    const key = isText ? "string" : `${strings[nodes[at + name]].slice(0, 60)} (${kind})`;
    const total = totals.get(key) ?? { count: 0, bytes: 0 };
    totals.set(key, { count: total.count + 1, bytes: total.bytes + nodes[at + size] });
  }
  return totals;
}

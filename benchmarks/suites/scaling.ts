import { type Contender, ours, serversOf } from "../instrument/contenders.ts";
import { type Context, chosen, type Work } from "../instrument/context.ts";
import { withLoadCheck } from "../instrument/load-check.ts";
import { connectionLimit } from "../instrument/machine.ts";
import type { Row, Table } from "../instrument/results.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import { measureServers } from "../instrument/server-contest.ts";
import { type EchoWork, echoColumns, echoLoad } from "./echo.ts";
import type { Suite } from "./suite.ts";

const kind = "binary";
const byConnections: readonly EchoWork[] = [10, 100, 1_000, 10_000].map((connections) => {
  const { connections: possible } = connectionLimit(connections);
  const name = `${possible.toLocaleString("en")} connections`;
  return {
    name,
    kind,
    size: 64,
    depth: 1,
    connections: possible,
    thorough: connections === 100 || connections === 10_000,
  };
});

const bySize: readonly EchoWork[] = [
  { name: "8 B", kind, size: 8, depth: 1, connections: 16 },
  { name: "128 B", kind, size: 128, depth: 1, connections: 16, thorough: true },
  { name: "2 KiB", kind, size: 2_048, depth: 1, connections: 16, thorough: true },
  { name: "32 KiB", kind, size: 32_768, depth: 1, connections: 16 },
  { name: "512 KiB", kind, size: 524_288, depth: 1, connections: 4, thorough: true },
  { name: "4 MiB", kind, size: 4_194_304, depth: 1, connections: 2, thorough: true },
  { name: "16 MiB", kind, size: 16_777_216, depth: 1, connections: 1 },
];

/** Returns the servers without those that differ only in an addon. */
function fieldOf(runtime: Runtime): Contender[] {
  return serversOf(runtime).filter(({ env }) => Object.keys(env ?? {}).length === 0);
}

async function table(context: Context, title: string, works: readonly EchoWork[]): Promise<Table> {
  const rows: Row[] = [];
  const rounds = Math.min(context.rounds, 3);
  for (const work of chosen(context, works)) {
    for (const runtime of context.runtimes) {
      const load = echoLoad(work);
      rows.push(...(await measureServers({ ...context, rounds }, load, fieldOf(runtime))));
    }
  }
  return withLoadCheck({ title, ...echoColumns, rows, notes: [], grid: true });
}

const pairLoad: EchoWork & Work = {
  name: "one in flight, 64 B",
  kind,
  size: 64,
  depth: 1,
  connections: 64,
  thorough: true,
};

const shared = ", two by reusePort";

/**
 * Returns each server as one process and as two. On Node, ours and `ws` also run in a cluster,
 * which needs no support from the server.
 */
function alone(runtime: Runtime): Contender[] {
  // Port sharing is not stable in Deno.
  const flags = runtime.kind === "deno" ? ["--unstable-net"] : [];
  const sharing = (one: Contender) => ({ ...one, flags, name: `${one.name}${shared}` });
  const both = fieldOf(runtime).flatMap((one) => [one, sharing(one)]);
  if (runtime.kind !== "node") return both;
  const cluster = (name: string, worker: string): Contender => {
    const options = { worker };
    return { name: `${name}, two by cluster`, runtime, script: "servers/cluster.ts", options };
  };
  return [...both, cluster(ours, "ours-node.ts"), cluster("ws", "ws.ts")];
}

async function pairs(context: Context): Promise<Table> {
  const rows: Row[] = [];
  for (const work of chosen(context, [pairLoad])) {
    const load = {
      ...echoLoad(work),
      pair: true,
      serverOf: ({ name }: Contender) => (name.endsWith(shared) ? { sharedPort: 0 } : {}),
    };
    for (const runtime of context.runtimes) {
      rows.push(...(await measureServers(context, load, alone(runtime))));
    }
  }
  const notes = [
    "CPU time is the total of all processes; above 100% busy, they used more than one core. With two cores, one of which generates the load, both processes share a core: the figures then show the cost of sharing a port, not the gain.",
  ];
  return { title: "Scaling: two processes on one port", ...echoColumns, rows, notes };
}

export const scaling: Suite = {
  name: "scaling",
  about: "How does the cost of a message change with connections, message size and processes?",
  async run(context: Context) {
    return [
      await table(context, "Scaling: connections with one message of 64 B each", byConnections),
      await table(context, "Scaling: message size", bySize),
      await pairs(context),
    ];
  },
};

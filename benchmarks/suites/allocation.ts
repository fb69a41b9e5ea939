import { allocationInProcess, allocationOfServer } from "../instrument/allocation.ts";
import { type Contender, ours, serversOf } from "../instrument/contenders.ts";
import { type Context, chosen, type Work } from "../instrument/context.ts";
import { freshRounds } from "../instrument/fresh-rounds.ts";
import { type Row, short } from "../instrument/results.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import type { Suite } from "./suite.ts";

const size = 64;
const connections = 16;

interface AllocationWork extends Work {
  readonly depth: number;
  /** Whether messages go over real sockets instead of staying within one process. */
  readonly server: boolean;
  /** Messages per round. Fewer if they are sent one at a time, because that is much slower. */
  readonly messages: number;
}

const works: readonly AllocationWork[] = [
  { name: "in process, 64 to a chunk", depth: 64, server: false, messages: 1_000_000 },
  { name: "in process, 1 to a chunk", depth: 1, server: false, messages: 400_000 },
  { name: "server, 64 in flight", depth: 64, server: true, messages: 1_000_000 },
  { name: "server, 1 in flight", depth: 1, server: true, messages: 100_000 },
];

function inProcess(runtime: Runtime): Contender[] {
  return [
    { name: ours, runtime, script: "in-process/allocation-ours.ts" },
    { name: "ws", runtime, script: "in-process/allocation-ws.ts" },
  ];
}

async function measure(context: Context, runtime: Runtime): Promise<Row[]> {
  const rounds = Math.min(context.rounds, context.quick ? 1 : 2);
  const rows: Row[] = [];
  for (const { name, depth, server, messages } of chosen(context, works)) {
    const load = { connections, depth, size, kind: "binary" };
    const run = (contender: Contender) =>
      server
        ? allocationOfServer(contender, load, messages)
        : allocationInProcess(contender, { size, depth }, messages);
    const contenders = server ? serversOf(runtime) : inProcess(runtime);
    rows.push(...(await freshRounds(context, name, contenders, rounds, run)));
  }
  return rows;
}

export const allocation: Suite = {
  name: "allocation",
  about:
    "How much memory does an echo of 64 bytes allocate on Node, and how often is it collected?",
  async run(context: Context) {
    const rows: Row[] = [];
    for (const runtime of context.runtimes) {
      if (runtime.kind === "node") rows.push(...(await measure(context, runtime)));
    }
    const main = { key: "heap", title: "heap B/message", show: short };
    const columns = [
      { key: "external", title: "outside heap B/message", show: short },
      { key: "collections", title: "collections/million", show: short },
      { key: "milliseconds", title: "ms collecting/million", show: short },
    ];
    return [{ title: "Allocation", main, columns, rows, notes: [] }];
  },
};

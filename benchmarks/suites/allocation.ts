import { allocationInProcess, allocationOfServer } from "../instrument/allocation.ts";
import { type Contender, ours, serversOf } from "../instrument/contenders.ts";
import type { Context } from "../instrument/context.ts";
import { freshRounds } from "../instrument/fresh-rounds.ts";
import { type Row, short } from "../instrument/results.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import type { Suite } from "./suite.ts";

const size = 64;
const connections = 16;
const pipelined = { connections, depth: 64, size, kind: "binary" };
const oneInFlight = { connections, depth: 1, size, kind: "binary" };

function inProcess(runtime: Runtime): Contender[] {
  return [
    { name: ours, runtime, script: "in-process/allocation-ours.ts" },
    { name: "ws", runtime, script: "in-process/allocation-ws.ts" },
  ];
}

async function measure(context: Context, runtime: Runtime): Promise<Row[]> {
  const rounds = Math.min(context.rounds, context.quick ? 1 : 2);
  const messages = context.quick ? 200_000 : 1_000_000;
  const rows: Row[] = [];
  for (const depth of [64, 1]) {
    const run = (contender: Contender) => allocationInProcess(contender, { size, depth }, messages);
    const name = `in process, ${depth} to a chunk`;
    rows.push(...(await freshRounds(context, name, inProcess(runtime), rounds, run)));
  }
  for (const load of [pipelined, oneInFlight]) {
    const run = (contender: Contender) => allocationOfServer(contender, load, messages);
    const name = `server, ${load.depth} in flight`;
    rows.push(...(await freshRounds(context, name, serversOf(runtime), rounds, run)));
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
      { key: "milliseconds", title: "ms of them/million", show: short },
    ];
    return [{ title: "Allocation", main, columns, rows, notes: [] }];
  },
};

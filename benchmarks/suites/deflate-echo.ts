import { type Context, chosen, type Work } from "../instrument/context.ts";
import { withLoadCheck } from "../instrument/load-check.ts";
import {
  busyColumns,
  cpuColumn,
  latencyColumns,
  type Row,
  rateColumn,
  short,
  type Table,
} from "../instrument/results.ts";
import { measureServers } from "../instrument/server-contest.ts";
import { deflateServersOf, takeoverName } from "./deflate-contenders.ts";

interface DeflateWork extends Work {
  readonly size: number;
  readonly connections: number;
  /** Messages in flight per connection. */
  readonly depth: number;
  readonly contextTakeover: boolean;
}

const loads = [
  { title: "200 B", size: 200, connections: 16, depth: 1 },
  { title: "1 KiB", size: 1_024, connections: 16, depth: 1 },
  { title: "1 KiB pipelined", size: 1_024, connections: 16, depth: 16, thorough: true },
  { title: "16 KiB", size: 16_384, connections: 16, depth: 1 },
  { title: "1 MiB", size: 2 ** 20, connections: 4, depth: 1, thorough: true },
];

const works: readonly DeflateWork[] = [false, true].flatMap((contextTakeover) =>
  loads.map(({ title, ...load }) => {
    return { ...load, contextTakeover, name: `${title}, ${takeoverName(contextTakeover)}` };
  }),
);

/** Measures servers that echo compressed JSON: their CPU time and the bytes that they send back. */
export async function deflateEchoTable(context: Context): Promise<Table> {
  const rows: Row[] = [];
  for (const work of chosen(context, works)) {
    const { name, connections, depth, size, contextTakeover } = work;
    const load = {
      name,
      load: "load/deflate-load.ts",
      loadOptions: { connections, depth, size, contextTakeover },
      first: connections * depth,
      most: 4_000_000,
    };
    for (const runtime of context.runtimes) {
      const servers = deflateServersOf(runtime, contextTakeover);
      rows.push(...(await measureServers(context, load, servers)));
    }
  }
  const columns = [
    { key: "wire", title: "bytes back", show: short },
    {
      key: "compressed",
      title: "compressed",
      show: (part: number) => `${Math.round(part * 100)}%`,
    },
    rateColumn("message"),
    ...latencyColumns,
    ...busyColumns,
  ];
  const title = "Echo of JSON with permessage-deflate";
  return withLoadCheck({ title, main: cpuColumn("message"), columns, rows, notes: [] });
}

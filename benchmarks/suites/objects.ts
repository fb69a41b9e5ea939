import { serversOf } from "../instrument/contenders.ts";
import type { Context } from "../instrument/context.ts";
import { objectsOf } from "../instrument/heap-objects.ts";
import { type Row, short } from "../instrument/results.ts";
import type { Suite } from "./suite.ts";

const connections = 1_000;
/** Fewer for each connection are code, and objects that connections share. */
const leastCount = 0.9;

export const objects: Suite = {
  name: "objects",
  about: "Which objects does an idle connection keep on the heap?",
  async run(context: Context) {
    const tables = [];
    for (const runtime of context.runtimes) {
      for (const server of serversOf(runtime, context.quick ? "main" : "all")) {
        if (Object.keys(server.env ?? {}).length > 0) continue;
        const { name } = server;
        context.progress(`${name} on ${runtime.name}`);
        const found = (
          await objectsOf(server, context.quick ? connections / 10 : connections)
        ).filter(({ count }) => count >= leastCount);
        const all = found.reduce((sum, { bytes }) => sum + bytes, 0);
        const row = (work: string, count: number, bytes: number): Row => ({
          ...{ work, runtime: runtime.name, contender: name },
          samples: [{ bytes, count }],
        });
        const rows = found.map((object) => row(object.name, object.count, object.bytes));
        tables.push({
          title: `Objects of an idle connection, ${name} on ${runtime.name}`,
          main: { key: "bytes", title: "bytes", show: short },
          columns: [{ key: "count", title: "count", show: short }],
          rows: [...rows, row("all", Number.NaN, all)],
          notes: ["From two heap snapshots. Objects that connections share are left out."],
        });
      }
    }
    return tables;
  },
};

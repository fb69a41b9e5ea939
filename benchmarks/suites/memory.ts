import { type Contender, serversOf } from "../instrument/contenders.ts";
import type { Context } from "../instrument/context.ts";
import { freshRounds } from "../instrument/fresh-rounds.ts";
import { connectionLimit } from "../instrument/machine.ts";
import { memoryOf } from "../instrument/memory.ts";
import { type Row, short } from "../instrument/results.ts";
import type { Suite } from "./suite.ts";

const mebibytes = (bytes: number) => short(bytes / 2 ** 20);

export const memory: Suite = {
  name: "memory",
  about: "How much memory does a server hold for an idle connection?",
  async run(context: Context) {
    const { connections, reason } = connectionLimit(context.connections);
    const notes = reason === "" ? [] : [`Only ${connections} connections: ${reason}.`];
    const work = `${connections.toLocaleString("en")} connections`;
    const rounds = Math.min(context.rounds, context.quick ? 1 : 2);
    const rows: Row[] = [];
    for (const runtime of context.runtimes) {
      const servers = serversOf(runtime, context.quick ? "main" : "all");
      const measure = (server: Contender) => memoryOf(server, connections);
      rows.push(...(await freshRounds(context, work, servers, rounds, measure)));
    }
    const main = { key: "bytes", title: "bytes/connection", show: short };
    const columns = [
      { key: "before", title: "MiB without", show: mebibytes },
      { key: "after", title: "MiB with", show: mebibytes },
    ];
    return [{ title: "Memory of idle connections", main, columns, rows, notes }];
  },
};

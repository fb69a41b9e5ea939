import { type Contender, serversOf } from "../instrument/contenders.ts";
import type { Context } from "../instrument/context.ts";
import { costOfCrowd } from "../instrument/crowd.ts";
import { freshRounds } from "../instrument/fresh-rounds.ts";
import { connectionLimit } from "../instrument/machine.ts";
import { cpuColumn, type Row, short } from "../instrument/results.ts";
import type { Suite } from "./suite.ts";

const counts = [1_000, 8_000, 18_000];
const quickCounts = [1_000, 2_000];

const milli = (nanoseconds: number) => short(nanoseconds / 1_000_000);

export const crowd: Suite = {
  name: "crowd",
  about: "What do 1,000, 8,000 and 18,000 connections cost one process, and a broadcast to them?",
  async run(context: Context) {
    const rounds = Math.min(context.rounds, context.quick ? 1 : 2);
    const notes: string[] = [];
    const rows: Row[] = [];
    for (const wanted of context.quick ? quickCounts : counts) {
      const { connections, reason } = connectionLimit(wanted);
      if (reason !== "") notes.push(`Only ${connections} connections: ${reason}.`);
      const work = `${connections.toLocaleString("en")} connections`;
      for (const runtime of context.runtimes) {
        const field = serversOf(runtime).filter(({ env }) => Object.keys(env ?? {}).length === 0);
        const measure = (server: Contender) => costOfCrowd(server, connections);
        rows.push(...(await freshRounds(context, work, field, rounds, measure)));
      }
    }
    const memory = {
      title: "Memory of many idle connections",
      main: { key: "bytes", title: "bytes/connection", show: short },
      columns: [
        { key: "heap", title: "heap bytes/connection", show: short },
        { key: "kernel", title: "kernel bytes/socket", show: short },
      ],
    };
    const broadcast = {
      title: "A broadcast of 64 B to many connections",
      main: cpuColumn("receiver"),
      columns: [{ key: "p50", title: "ms until all have it", show: milli }],
    };
    return [memory, broadcast].map((table) => ({ ...table, rows, notes, grid: true }));
  },
};

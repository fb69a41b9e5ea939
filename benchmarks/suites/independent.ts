import { compiled } from "../instrument/compiler.ts";
import { raw, serversOf } from "../instrument/contenders.ts";
import { type Context, chosen } from "../instrument/context.ts";
import { busyColumns, cpuColumn, type Row, rateColumn } from "../instrument/results.ts";
import { measureServers } from "../instrument/server-contest.ts";
import { type EchoWork, echoLoad } from "./echo.ts";
import type { Suite } from "./suite.ts";

const kind = "binary";
const works: readonly EchoWork[] = [
  { name: "64 x 1, 32 B", kind, connections: 64, depth: 1, size: 32 },
  { name: "64 x 1, 1 KiB", kind, connections: 64, depth: 1, size: 1_024 },
  { name: "16 x 64, 64 B", kind, connections: 16, depth: 64, size: 64, thorough: true },
  { name: "16 x 16, 1 KiB", kind, connections: 16, depth: 16, size: 1_024, thorough: true },
  { name: "8 x 1, 64 KiB", kind, connections: 8, depth: 1, size: 65_536 },
  { name: "4 x 1, 1 MiB", kind, connections: 4, depth: 1, size: 2 ** 20, thorough: true },
  { name: "2 x 1, 4 MiB", kind, connections: 2, depth: 1, size: 2 ** 22, thorough: true },
  { name: "1 x 1, 16 MiB", kind, connections: 1, depth: 1, size: 2 ** 24, thorough: true },
];

export const independent: Suite = {
  name: "independent",
  about: "Does a load generator in C, which shares no code with the library, see the same?",
  async run(context: Context) {
    const load = "load/echo-load.c";
    const loadRuntime = compiled(load);
    const title = "Echo under an independent load generator";
    const notes = ["Connections x messages in flight on each."];
    const rows: Row[] = [];
    if (loadRuntime === undefined) {
      context.note("The suite independent is left out: this machine has no C compiler (cc).");
    } else {
      for (const work of chosen(context, works)) {
        const contest = { ...echoLoad(work), load, loadRuntime };
        for (const runtime of context.runtimes) {
          // It sends masked frames and expects unmasked ones, which plain TCP does not return.
          const servers = serversOf(runtime, "main").filter(({ name }) => name !== raw);
          rows.push(...(await measureServers(context, contest, servers)));
        }
      }
    }
    const columns = [rateColumn("message"), ...busyColumns];
    return [{ title, main: cpuColumn("message"), columns, rows, notes, grid: true }];
  },
};

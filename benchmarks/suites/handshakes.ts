import { serversOf } from "../instrument/contenders.ts";
import type { Context } from "../instrument/context.ts";
import { withLoadCheck } from "../instrument/load-check.ts";
import {
  busyColumns,
  cpuColumn,
  latencyColumns,
  type Row,
  rateColumn,
} from "../instrument/results.ts";
import { measureServers } from "../instrument/server-contest.ts";
import type { Suite } from "./suite.ts";

const work = {
  name: "32 at a time",
  load: "load/handshake-load.ts",
  loadOptions: { concurrency: 32 },
  first: 64,
  // Each connection leaves a local port in TIME_WAIT. There are about 28,000 ports per server.
  most: 2_500,
  // Until then, JavaScriptCore is still compiling the code that runs once per connection.
  warmUp: 20_000,
};

export const handshakes: Suite = {
  name: "handshakes",
  about: "What does opening and closing a connection cost a server?",
  async run(context: Context) {
    const rows: Row[] = [];
    for (const runtime of context.runtimes) {
      const servers = serversOf(runtime, context.quick ? "main" : "all");
      rows.push(...(await measureServers(context, work, servers)));
    }
    const main = cpuColumn("connection");
    const columns = [rateColumn("connection"), ...latencyColumns, ...busyColumns];
    const notes = ["Raw TCP: accept, one echo of 180 bytes and close."];
    return [withLoadCheck({ title: "Opening handshakes", main, columns, rows, notes })];
  },
};

import { measureClients } from "../instrument/client-contest.ts";
import { clientsOf } from "../instrument/contenders.ts";
import { type Context, chosen } from "../instrument/context.ts";
import { withLoadCheck } from "../instrument/load-check.ts";
import type { Row } from "../instrument/results.ts";
import { type EchoWork, echoColumns, echoLoad } from "./echo.ts";
import type { Suite } from "./suite.ts";

const kind = "binary";
const works: readonly EchoWork[] = [
  { name: "one in flight, 32 B", kind, connections: 64, depth: 1, size: 32 },
  { name: "pipelined, 64 B", kind, connections: 16, depth: 64, size: 64 },
  {
    name: "pipelined, 1 KiB text",
    kind: "text",
    connections: 16,
    depth: 16,
    size: 1_024,
    thorough: true,
  },
  { name: "large, 64 KiB", kind, connections: 8, depth: 1, size: 65_536 },
];

export const client: Suite = {
  name: "client",
  about: "What does a client's echo of a message cost, masking included?",
  async run(context: Context) {
    const rows: Row[] = [];
    for (const work of chosen(context, works)) {
      const load = { ...echoLoad(work), connections: work.connections };
      for (const runtime of context.runtimes) {
        rows.push(...(await measureClients(context, load, clientsOf(runtime))));
      }
    }
    return [withLoadCheck({ title: "Client", ...echoColumns, rows, notes: [] })];
  },
};

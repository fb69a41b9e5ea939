import { type Contender, ours, serversOf } from "../instrument/contenders.ts";
import { type Context, chosen, type Work } from "../instrument/context.ts";
import { withLoadCheck } from "../instrument/load-check.ts";
import { connectionLimit } from "../instrument/machine.ts";
import {
  busyColumns,
  cpuColumn,
  latencyColumns,
  type Row,
  rateColumn,
} from "../instrument/results.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import { measureServers } from "../instrument/server-contest.ts";
import type { Suite } from "./suite.ts";

const size = 1_024;
const works: readonly (Work & { receivers: number })[] = [
  { name: "1 KiB to 1,000", size, receivers: 1_000 },
  { name: "1 KiB to 10,000", size, receivers: 10_000, thorough: true },
];

const looping = ", loop of send";

/** Returns the servers. Those with a broadcast function are also measured with a loop of `send`. */
function contendersOf(runtime: Runtime): Contender[] {
  return serversOf(runtime).flatMap((contender) => {
    const both = contender.name === ours || (contender.name === "native" && runtime.kind === "bun");
    return both ? [contender, { ...contender, name: `${contender.name}${looping}` }] : [contender];
  });
}

export const broadcast: Suite = {
  name: "broadcast",
  about: "What does a broadcast cost a server per receiver?",
  async run(context: Context) {
    // One broadcast to many receivers already takes long.
    const longer = { ...context, seconds: context.seconds * 2 };
    const rows: Row[] = [];
    const notes: string[] = [];
    for (const { name, receivers } of chosen(context, works)) {
      const { connections, reason } = connectionLimit(receivers);
      if (reason !== "") notes.push(`${name}: only ${connections} receivers: ${reason}.`);
      const work = {
        name,
        load: "load/broadcast-load.ts",
        loadOptions: { connections, size },
        server: { broadcast: size },
        serverOf: (contender: Contender) => ({ loop: contender.name.endsWith(looping) }),
        first: connections,
        most: 400_000,
      };
      for (const runtime of context.runtimes) {
        rows.push(...(await measureServers(longer, work, contendersOf(runtime))));
      }
    }
    const main = cpuColumn("delivery");
    const columns = [{ ...rateColumn("deliver"), title: "deliveries/s" }, ...latencyColumns];
    notes.push(
      "Latency is the time until a message has reached all receivers.",
      "`ours` uses `server.broadcast` if it exists, and a loop of `send` otherwise.",
    );
    const table = { title: "Broadcast", main, columns: [...columns, ...busyColumns], rows, notes };
    return [withLoadCheck(table)];
  },
};

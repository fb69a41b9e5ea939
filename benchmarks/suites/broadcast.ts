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
import type { BroadcastWay } from "../servers/settings.ts";
import type { Suite } from "./suite.ts";

const works: readonly (Work & { size: number; receivers: number })[] = [
  { name: "64 B to 1,000", size: 64, receivers: 1_000 },
  { name: "1 KiB to 1,000", size: 1_024, receivers: 1_000 },
  { name: "64 B to 10,000", size: 64, receivers: 10_000, thorough: true },
  { name: "1 KiB to 10,000", size: 1_024, receivers: 10_000, thorough: true },
];

/** Names of the ways other than the server's main one. */
const ways: Partial<Record<BroadcastWay, string>> = {
  topic: "publish to a topic",
  set: "broadcast over a Set",
  loop: "loop of send",
};

/** Returns the contender and itself with other ways to broadcast. */
function withWays(contender: Contender, others: readonly BroadcastWay[]): Contender[] {
  return [
    contender,
    ...others.map((way) => {
      return { ...contender, name: `${contender.name}, ${ways[way]}`, options: { way } };
    }),
  ];
}

/** Returns the servers. Those with several ways to broadcast take part with each of them. */
function contendersOf(runtime: Runtime): Contender[] {
  const field = serversOf(runtime).filter(({ env }) => Object.keys(env ?? {}).length === 0);
  return field.flatMap((contender) => {
    if (contender.name === ours) return withWays(contender, ["topic", "set", "loop"]);
    const publishes = contender.name === "native" && runtime.kind === "bun";
    return withWays(contender, publishes ? ["loop"] : []);
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
    for (const { name, size, receivers } of chosen(context, works)) {
      const { connections, reason } = connectionLimit(receivers);
      if (reason !== "") notes.push(`${name}: only ${connections} receivers: ${reason}.`);
      const work = {
        name,
        load: "load/broadcast-load.ts",
        loadOptions: { connections, size },
        // Receivers send nothing and count bytes, so a Ping would be taken for a part of a message.
        server: { broadcast: size, heartbeat: false } as const,
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
      "`ours` is `server.broadcast`; `native` is a topic on Bun and a loop of `send` on Deno.",
    );
    const table = { title: "Broadcast", main, columns: [...columns, ...busyColumns], rows, notes };
    return [withLoadCheck(table)];
  },
};

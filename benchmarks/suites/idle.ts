import { type Contender, ours, raw, serversOf } from "../instrument/contenders.ts";
import type { Context } from "../instrument/context.ts";
import { freshRounds } from "../instrument/fresh-rounds.ts";
import { idleCostOf } from "../instrument/idle.ts";
import { connectionLimit } from "../instrument/machine.ts";
import { type Row, short } from "../instrument/results.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import type { Suite } from "./suite.ts";

/** Milliseconds. Short, so that many Pings flow while the CPU time is measured. */
const heartbeat = 1_000;
/** Seconds of a measurement. With the default heartbeat, each connection gets one Ping. */
const window = 5;
const windowOfDefault = 27;
const quickWindow = 2;

const micro = (nanoseconds: number) => short(nanoseconds / 1_000);
const milli = (nanoseconds: number) => short(nanoseconds / 1_000_000);
const percent = (part: number) => `${Math.round(part * 100)}%`;

/** Returns the servers with a heartbeat, and ours with its default one and without. */
function contendersOf(runtime: Runtime): Contender[] {
  const [first, ...others] = serversOf(runtime)
    .filter(({ name, env }) => name !== raw && Object.keys(env ?? {}).length === 0)
    .map((contender) => ({ ...contender, options: { heartbeat } }));
  return [
    first,
    { ...first, name: `${ours}, default of 25 s`, options: {} },
    { ...first, name: `${ours}, heartbeat: false`, options: { heartbeat: false } },
    ...others,
  ];
}

function windowOf({ options }: Contender): number {
  return options?.heartbeat === undefined ? windowOfDefault : window;
}

export const idle: Suite = {
  name: "idle",
  about: "What do heartbeats of idle connections cost a server?",
  async run(context: Context) {
    const { connections, reason } = connectionLimit(context.connections);
    const work = `${connections.toLocaleString("en")} connections`;
    const rounds = Math.min(context.rounds, 3);
    const rows: Row[] = [];
    for (const runtime of context.runtimes) {
      const measure = (server: Contender) =>
        idleCostOf(server, connections, context.quick ? quickWindow : windowOf(server));
      rows.push(...(await freshRounds(context, work, contendersOf(runtime), rounds, measure)));
    }
    const notes = [
      ...(reason === "" ? [] : [`Only ${connections} connections: ${reason}.`]),
      "Pings flow each second, except where the name says otherwise. `Bun.serve` sends them every 4 s.",
    ];
    const cpu = {
      title: "CPU time of idle connections",
      main: { key: "cpu", title: "CPU ms/s", show: milli },
      columns: [
        { key: "pings", title: "Pings/s", show: short },
        { key: "roundTrip", title: "CPU µs/Ping", show: micro },
        { key: "loadBusy", title: "load busy", show: percent },
      ],
    };
    const memory = {
      title: "Memory of idle connections by heartbeat",
      main: { key: "bytes", title: "bytes/connection", show: short },
      columns: [{ key: "heap", title: "heap bytes/connection", show: short }],
    };
    return [cpu, memory].map((table) => ({ ...table, rows, notes }));
  },
};

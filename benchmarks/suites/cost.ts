import { type Contender, serversOf } from "../instrument/contenders.ts";
import { type Context, chosen, type Work } from "../instrument/context.ts";
import { freshRounds } from "../instrument/fresh-rounds.ts";
import { type Holding, heldBy } from "../instrument/held.ts";
import { busyColumns, cpuColumn, type Row, short } from "../instrument/results.ts";
import { measureServers, type ServerWork } from "../instrument/server-contest.ts";
import type { CostLoadOptions } from "../load/cost-load.ts";
import type { ServerSettings } from "../servers/settings.ts";
import type { Suite } from "./suite.ts";

interface CpuWork extends Work {
  readonly load: Omit<CostLoadOptions, "target">;
  readonly server?: ServerSettings;
}

/** The server handles messages and does not answer them. */
const sink = { sink: true };

const cpuWorks: readonly CpuWork[] = [
  { name: "handshake, accepted, and the end", load: { visit: "accepted" } },
  { name: "handshake, refused", load: { visit: "refused" } },
  { name: "connect and reset", load: { visit: "reset" } },
  { name: "message of 1 byte", load: { flood: "message" }, server: sink },
  { name: "fragment of 1 byte", load: { flood: "fragment" }, server: sink },
  { name: "Ping, answered", load: { flood: "ping" } },
  { name: "Pong", load: { flood: "pong" } },
  {
    name: "compressed message of 1 byte",
    load: { flood: "compressed message" },
    server: { ...sink, compression: { contextTakeover: false } },
  },
];

interface MemoryWork extends Work, Holding {}

const memoryWorks: readonly MemoryWork[] = [
  { name: "connection that sends nothing", held: "nothing", connections: 900, length: 0 },
  { name: "unfinished request of 16 KB", held: "head", connections: 900, length: 16_000 },
  { name: "idle WebSocket", held: "open", connections: 4_000, length: 0 },
  { name: "unfinished message of 64 KiB", held: "message", connections: 500, length: 65_536 },
  { name: "message of 1 KiB that is not read", held: "unread", connections: 4, length: 16_777_216 },
];

const oursOn = (contenders: readonly Contender[]) => contenders.slice(0, 1);

/** Each connection leaves a local port in TIME_WAIT. */
const mostConnections = 2_500;

function serverWork({ name, load, server }: CpuWork): ServerWork {
  const isVisit = load.visit !== undefined;
  return {
    name,
    load: "load/cost-load.ts",
    loadOptions: { ...load },
    ...(server === undefined ? {} : { server }),
    first: isVisit ? 64 : 4_096,
    most: isVisit ? mostConnections : 4_000_000,
    ...(isVisit ? { warmUp: 10_000 } : {}),
  };
}

async function cpuRows(context: Context): Promise<Row[]> {
  const rows: Row[] = [];
  for (const work of chosen(context, cpuWorks)) {
    for (const runtime of context.runtimes) {
      const servers = oursOn(serversOf(runtime));
      rows.push(...(await measureServers(context, serverWork(work), servers)));
    }
  }
  return rows;
}

async function memoryRows(context: Context): Promise<Row[]> {
  const rows: Row[] = [];
  const rounds = Math.min(context.rounds, 3);
  for (const work of chosen(context, memoryWorks)) {
    for (const runtime of context.runtimes) {
      const servers = oursOn(serversOf(runtime));
      const measure = (server: Contender) => heldBy(server, work);
      rows.push(...(await freshRounds(context, work.name, servers, rounds, measure)));
    }
  }
  return rows;
}

export const cost: Suite = {
  name: "cost",
  about: "What can one client cost a server, for each thing that it does?",
  async run(context: Context) {
    const cpu = {
      title: "CPU time that a client can cost",
      main: cpuColumn("unit"),
      columns: [{ key: "bytes", title: "bytes sent", show: short }, ...busyColumns],
      rows: await cpuRows(context),
      notes: ["One client as fast as it can, with the default options."],
    };
    const memory = {
      title: "Memory that a client can hold",
      main: { key: "bytes", title: "bytes each", show: short },
      columns: [],
      rows: await memoryRows(context),
      notes: ["Resident memory, without that of the kernel."],
    };
    return [cpu, memory];
  },
};

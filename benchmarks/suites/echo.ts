import { allocationOfServer, systemCallsOfServer } from "../instrument/allocation.ts";
import { binaryServersOf, type Contender, serversOf } from "../instrument/contenders.ts";
import { type Context, chosen, type Work } from "../instrument/context.ts";
import { freshRounds } from "../instrument/fresh-rounds.ts";
import { withLoadCheck } from "../instrument/load-check.ts";
import {
  busyColumns,
  cpuColumn,
  latencyColumns,
  memoryColumns,
  type Row,
  rateColumn,
  type Table,
} from "../instrument/results.ts";
import { measureServers, type ServerWork } from "../instrument/server-contest.ts";
import type { PayloadKind } from "../load/frames.ts";
import type { ServerSettings } from "../servers/settings.ts";
import type { Suite } from "./suite.ts";

/** A load of messages that are sent, echoed and counted. */
export interface EchoWork extends Work {
  readonly size: number;
  readonly kind: PayloadKind;
  readonly connections: number;
  /** Messages in flight per connection. */
  readonly depth: number;
  /** Whether peers that are rarely chosen for speed take part too. */
  readonly allPeers?: boolean;
}

const oneInFlight = { connections: 64, depth: 1 };
const small = { connections: 16, depth: 64, size: 64 };
const middle = { connections: 16, depth: 16, size: 1_024 };
const large = { connections: 8, depth: 1, size: 65_536 };

const works: readonly EchoWork[] = [
  { name: "one in flight, 32 B binary", kind: "binary", size: 32, ...oneInFlight, allPeers: true },
  {
    name: "one in flight, 1 KiB binary",
    kind: "binary",
    size: 1_024,
    ...oneInFlight,
    thorough: true,
  },
  { name: "pipelined, 64 B binary", kind: "binary", ...small, allPeers: true },
  { name: "pipelined, 64 B text", kind: "text", ...small, thorough: true },
  { name: "pipelined, 1 KiB binary", kind: "binary", ...middle, thorough: true },
  { name: "pipelined, 1 KiB text", kind: "text", ...middle, thorough: true },
  { name: "large, 64 KiB binary", kind: "binary", ...large },
  { name: "large, 64 KiB text", kind: "text", ...large, thorough: true },
  { name: "large, 1 MiB binary", kind: "binary", connections: 4, depth: 1, size: 2 ** 20 },
];

/** Returns the load of an echo work. */
export function echoLoad(work: EchoWork, server: ServerSettings = {}): ServerWork {
  const { name, connections, depth, size, kind } = work;
  return {
    name,
    load: "load/echo-load.ts",
    loadOptions: { connections, depth, size, kind },
    server,
    first: connections * depth,
    most: 4_000_000,
  };
}

export const echoColumns = {
  main: cpuColumn("message"),
  columns: [rateColumn("message"), ...latencyColumns, ...busyColumns],
};

/** Bytes of messages for which memory is counted: enough for several garbage collections. */
const countedBytes = 2 ** 29;

/**
 * Counts memory and system calls in processes of their own, because counting makes them slower. These
 * figures hardly depend on the machine, so one round is enough.
 */
async function memoryRows(
  context: Context,
  { name, size, kind, connections, depth }: EchoWork,
  servers: readonly Contender[],
): Promise<Row[]> {
  const load = { connections, depth, size, kind };
  const messages = Math.max(200, Math.min(200_000 * depth, Math.round(countedBytes / size)));
  return freshRounds(context, name, servers, 1, async (server) => ({
    ...(await allocationOfServer(server, load, context.quick ? messages / 4 : messages)),
    ...(await systemCallsOfServer(server, load, Math.min(messages / 4, 5_000 * depth))),
  }));
}

function titled(title: string, rows: readonly Row[]): Table {
  return { title, ...echoColumns, rows, notes: [] };
}

/** The memory of an echo, as what is allocated, page faults and system calls per message. */
function memoryTable(rows: readonly Row[]): Table {
  const [main, ...columns] = memoryColumns;
  return { title: "Memory of an echo", main, columns, rows, notes: [] };
}

export const echo: Suite = {
  name: "echo",
  about: "What does a server's echo of a message cost?",
  async run(context: Context) {
    const rows: Row[] = [];
    const memory: Row[] = [];
    for (const work of chosen(context, works)) {
      for (const runtime of context.runtimes) {
        const field = work.allPeers && !context.quick ? "all" : "main";
        const servers = (work.kind === "binary" ? binaryServersOf : serversOf)(runtime, field);
        const timed = await measureServers(context, echoLoad(work), servers);
        const counted = await memoryRows(context, work, servers);
        rows.push(...timed);
        memory.push(
          ...counted.map((row, i) => ({ ...row, samples: [...row.samples, ...timed[i].samples] })),
        );
      }
    }
    return [memoryTable(memory), withLoadCheck(titled("Echo", rows))];
  },
};

import { binaryServersOf, serversOf } from "../instrument/contenders.ts";
import { type Context, chosen, type Work } from "../instrument/context.ts";
import { withLoadCheck } from "../instrument/load-check.ts";
import {
  busyColumns,
  cpuColumn,
  latencyColumns,
  type Row,
  rateColumn,
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

export const echo: Suite = {
  name: "echo",
  about: "What does a server's echo of a message cost?",
  async run(context: Context) {
    const rows: Row[] = [];
    for (const work of chosen(context, works)) {
      for (const runtime of context.runtimes) {
        const field = work.allPeers && !context.quick ? "all" : "main";
        const servers = (work.kind === "binary" ? binaryServersOf : serversOf)(runtime, field);
        rows.push(...(await measureServers(context, echoLoad(work), servers)));
      }
    }
    return [withLoadCheck({ title: "Echo", ...echoColumns, rows, notes: [] })];
  },
};

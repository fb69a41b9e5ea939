import { makeCertificate } from "../instrument/certificate.ts";
import { type Contender, ours, rawStream } from "../instrument/contenders.ts";
import { type Context, chosen } from "../instrument/context.ts";
import { freshRounds } from "../instrument/fresh-rounds.ts";
import { withLoadCheck } from "../instrument/load-check.ts";
import { memoryByStep } from "../instrument/memory.ts";
import { type Row, short, type Table } from "../instrument/results.ts";
import type { Runtime } from "../instrument/runtimes.ts";
import { measureServers } from "../instrument/server-contest.ts";
import { type EchoWork, echoColumns, echoLoad } from "./echo.ts";
import type { Suite } from "./suite.ts";

const kind = "binary";
const largerWindows = "windows of 1 MiB";
/** Of a connection of HTTP/2, in bytes (RFC 9113 section 6.9.2). */
const defaultWindow = 65_535;
const oneSocket = { connections: 1, depth: 1 };
const oneInFlight = { connections: 64, depth: 1 };
const large = { connections: 8, depth: 1, size: 65_536 };
const small = { connections: 16, depth: 64, size: 64 };

const works: readonly (EchoWork & { tls?: boolean })[] = [
  { name: "one WebSocket, one in flight, 64 B", kind, ...oneSocket, size: 64 },
  { name: "one in flight, 64 B", kind, ...oneInFlight, size: 64 },
  { name: "one in flight, 1 KiB", kind, ...oneInFlight, size: 1_024, thorough: true },
  { name: "one in flight, 64 KiB", kind, ...large },
  { name: "pipelined, 64 B", kind, ...small },
  { name: "pipelined, 1 KiB", kind, connections: 16, depth: 16, size: 1_024, thorough: true },
  { name: "pipelined, 64 KiB", kind, connections: 4, depth: 4, size: 65_536, thorough: true },
  { name: "TLS, one in flight, 64 B", kind, ...oneInFlight, size: 64, thorough: true, tls: true },
  { name: "TLS, one in flight, 64 KiB", kind, ...large, thorough: true, tls: true },
  { name: "TLS, pipelined, 64 B", kind, ...small, thorough: true, tls: true },
];

const idleConnections = 1_000;
const quickIdleConnections = 400;
const mebibytes = (bytes: number) => short(bytes / 2 ** 20);

/** Returns ours over HTTP/1.1 and over HTTP/2, and what others do with a stream of HTTP/2. */
function contendersOf(runtime: Runtime): Contender[] {
  const server = (name: string, script: string, more: Partial<Contender> = {}): Contender => {
    return { name, runtime, script: `servers/${script}.ts`, ...more };
  };
  const own = `ours-${runtime.kind}`;
  const attached = (attach: "http" | "http2") => ({ options: { attach } });
  const shared = { http2: "shared" } as const;
  const each = { http2: "own" } as const;
  const windowed = server(`ours, HTTP/2, ${largerWindows}`, own, {
    options: { attach: "http2", window: 2 ** 20 },
    ...shared,
  });
  const peer = server("ws by setSocket, HTTP/2", "ws-http2", shared);
  return [
    server(ours, own),
    server("ours, node:http", own, attached("http")),
    server("ours, HTTP/2", own, { ...attached("http2"), ...shared }),
    server("ours, HTTP/2, a connection each", own, { ...attached("http2"), ...each }),
    windowed,
    ...(runtime.kind === "node" ? [peer] : []),
    server(rawStream, "raw-http2", shared),
    server(`${rawStream}, a connection each`, "raw-http2", each),
  ];
}

/** Whether a contender differs from the others at a work. */
function isUseful({ name, http2 }: Contender, work: EchoWork): boolean {
  const { connections, depth, size } = work;
  if (connections === 1 && http2 === "own") return false;
  return connections * depth * size > defaultWindow || !name.endsWith(largerWindows);
}

async function echoTable(context: Context): Promise<Table> {
  const certificate = await makeCertificate();
  const rows: Row[] = [];
  for (const work of chosen(context, works)) {
    const load = echoLoad(work, work.tls ? { tls: certificate } : {});
    for (const runtime of context.runtimes) {
      const field = contendersOf(runtime).filter((contender) => isUseful(contender, work));
      rows.push(...(await measureServers(context, load, field)));
    }
  }
  const notes = [
    "`ours` is `serve` over HTTP/1.1. Over HTTP/2, all WebSockets are streams of one connection, except where the name says otherwise.",
    "HTTP/2 is cleartext with prior knowledge, except where the work says TLS.",
    "Raw HTTP/2 echoes the bytes of a stream without WebSocket.",
  ];
  return withLoadCheck({ title: "Echo over HTTP/2", ...echoColumns, rows, notes });
}

async function memoryTable(context: Context): Promise<Table> {
  const connections = context.quick ? quickIdleConnections : idleConnections;
  const name = `idle, ${connections.toLocaleString("en")} more`;
  const rounds = Math.min(context.rounds, context.quick ? 1 : 3);
  const rows: Row[] = [];
  const isChosen = name.includes(context.work) && context.size === undefined;
  for (const runtime of isChosen ? context.runtimes : []) {
    const measure = (server: Contender) => memoryByStep(server, connections);
    const field = contendersOf(runtime).filter(
      (contender) => !contender.name.endsWith(largerWindows),
    );
    rows.push(...(await freshRounds(context, name, field, rounds, measure)));
  }
  const main = { key: "bytes", title: "bytes/further WebSocket", show: short };
  const columns = [
    { key: "first", title: `bytes/WebSocket, first ${connections}`, show: short },
    { key: "heap", title: "heap bytes/further WebSocket", show: short },
    { key: "before", title: "MiB without", show: mebibytes },
  ];
  const notes = [
    `Further ones are opened beside the first ${connections}, which also pay for what a process needs once.`,
  ];
  return { title: "Memory of WebSockets over HTTP/2", main, columns, rows, notes };
}

export const http2: Suite = {
  name: "http2",
  about: "What do WebSockets over HTTP/2 cost a server beside HTTP/1.1?",
  async run(context: Context) {
    return [await echoTable(context), await memoryTable(context)];
  },
};

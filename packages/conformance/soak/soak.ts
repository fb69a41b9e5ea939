import type { ServerStats } from "@framewright/websocket";
import { descriptorCount, processorTime, residentMemory } from "../src/attack/process-figures.ts";
import { type Runtime, runtimeNamed } from "../src/runtimes.ts";
import { Accounts } from "./accounts.ts";
import type { Checks } from "./checks.ts";
import { Child } from "./child.ts";
import { delay } from "./lines.ts";

/** What one soak is to do. */
export interface SoakOptions {
  readonly connections: number;
  /** Messages a second from all clients together. The server answers each. */
  readonly rate: number;
  /** Messages a second to topics, each of which has a thirtieth of the connections as members. */
  readonly publishRate: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Seconds after which the server gives up clients that have vanished. */
  readonly timeoutSeconds: number;
}

/** Milliseconds. Short, so that many Pings flow. */
const interval = 2_000;
/** The share of connections over plain TCP. */
const rawShare = 0.3;
/** Memory may grow by this share, or by this many bytes: compiled code is a part of it. */
const growth = 0.05;
const slack = 2 * 1_048_576;
/** Descriptors that a runtime may open for its own use later. */
const ownDescriptors = 2;

/** Bytes that stay: the deflator and at most eight inflators that connections without windows share. */
const sharedCompressors = 712_704;

/** Milliseconds by which a timer is late that are worth a line, because timeouts may pass meanwhile. */
const longDelay = 1_000;
/** Seconds between two samples of the resident memory. */
const sampling = 10;

/** The processes of a soak. */
interface Processes {
  readonly server: Child;
  /** Clients on the same runtime. */
  readonly clients: Child;
  /** Clients over plain TCP, on Node. */
  readonly raw: Child;
}

/** Memory of one process in bytes. */
interface Memory {
  readonly inUse: number;
  readonly resident: number;
}

/** Soaks one runtime. */
export async function soak(runtime: Runtime, options: SoakOptions, checks: Checks): Promise<void> {
  const accounts = new Accounts((text) => checks.fault(text));
  const processes = await start(runtime, options, checks, accounts);
  const { server, clients, raw } = processes;
  try {
    const idleDescriptors = descriptorCount(server.pid) + ownDescriptors;
    await Promise.all([clients.ask({ do: "open" }), raw.ask({ do: "open" })]);
    await load(processes, options, options.warmUpSeconds, checks);
    const before = { server: await memoryOf(server), clients: await memoryOf(clients) };
    const cpu = processorTime(server.pid);
    await load(processes, options, options.seconds, checks);
    checks.note(`server used ${(processorTime(server.pid) - cpu).toFixed(1)} s of CPU time`);
    await compareMemory(server, before.server, checks);
    await compareMemory(clients, before.clients, checks);
    await endClients(processes, checks);
    await checkServer(server, accounts, checks);
    await checks.until("descriptors are given back", () => {
      const open = descriptorCount(server.pid);
      return {
        ok: open <= idleDescriptors,
        detail: `${open} open, ${idleDescriptors} at the start`,
      };
    });
    const closed = await server.ask<{ closed: number; terminated: number }>({ do: "close" });
    checks.that("close finds no connection", closed.closed + closed.terminated === 0, closed);
    const code = await server.end();
    checks.that("the server's process ends by itself", code === 0, code);
  } finally {
    for (const child of [server, clients, raw]) child.kill();
  }
}

async function start(
  runtime: Runtime,
  { connections, timeoutSeconds }: SoakOptions,
  checks: Checks,
  accounts: Accounts,
): Promise<Processes> {
  const reports = {
    fault: (text: string) => checks.fault(text),
    ended: accounts.add.bind(accounts),
  };
  const heartbeat = { interval, timeout: timeoutSeconds * 1_000 };
  const server = new Child(runtime, { role: "server", heartbeat }, reports);
  const port = await server.ready();
  const rawCount = Math.round(connections * rawShare);
  const load = { port, connections: connections - rawCount, firstId: 0 };
  const clients = new Child(
    runtime,
    { role: "connect", heartbeat, load: { ...load, plans: ["close", "close", "server", "reset"] } },
    reports,
  );
  const plans = ["close", "close", "server", "reset", "vanish"] as const;
  const raw = new Child(
    runtimeNamed("node"),
    { role: "raw", load: { port, connections: rawCount, firstId: 1, plans } },
    reports,
  );
  await Promise.all([clients.ready(), raw.ready()]);
  return { server, clients, raw };
}

/** Sends for a time, then waits until everything sent has arrived. */
async function load(
  { server, clients, raw }: Processes,
  { rate, publishRate }: SoakOptions,
  seconds: number,
  checks: Checks,
): Promise<void> {
  await server.ask({ do: "publish", rate: publishRate });
  await clients.ask({ do: "send", rate: rate * (1 - rawShare) });
  await raw.ask({ do: "send", rate: rate * rawShare });
  const end = performance.now() + seconds * 1_000;
  for (let left = seconds; left > 0; left = (end - performance.now()) / 1_000) {
    await delay(Math.min(left, sampling) * 1_000);
    for (const child of [server, clients]) child.sampleMemory();
    for (const child of [server, clients, raw]) {
      const late = await child.ask<number>({ do: "delay" });
      if (late > longDelay) checks.note(`the ${child.name} had timers that were ${late} ms late`);
    }
  }
  await server.ask({ do: "publish", rate: 0 });
  await Promise.all([clients.ask({ do: "quiet" }), raw.ask({ do: "quiet" })]);
}

/** Memory after collections, when pools have been released: the least of a few seconds. */
async function memoryOf(child: Child): Promise<Memory> {
  let inUse = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 4; round++) {
    inUse = Math.min(inUse, await child.ask<number>({ do: "memory" }));
    await delay(750);
  }
  return { inUse, resident: residentMemory(child.pid) };
}

async function compareMemory(child: Child, before: Memory, checks: Checks): Promise<void> {
  const limit = before.inUse + Math.max(growth * before.inUse, slack);
  await checks.until(`memory of the ${child.name} stays`, async () => {
    const inUse = await child.ask<number>({ do: "memory" });
    const change = ((100 * inUse) / before.inUse - 100).toFixed(1);
    const most = `at most ${mebibytes(child.mostResident)}`;
    const resident = `${mebibytes(before.resident)} -> ${mebibytes(residentMemory(child.pid))}, ${most}`;
    const detail = `${mebibytes(before.inUse)} -> ${mebibytes(inUse)} MiB (${change}%), resident ${resident} MiB`;
    return { ok: inUse <= limit, detail };
  });
}

async function endClients({ clients, raw }: Processes, checks: Checks): Promise<void> {
  for (const child of [clients, raw]) await child.ask({ do: "end" });
  const codes = [await clients.end(), await raw.end()];
  checks.that("the clients' processes end by themselves", codes.join() === "0,0", codes);
}

async function checkServer(server: Child, accounts: Accounts, checks: Checks): Promise<void> {
  await checks.until("both ends of each connection have reported its end", () => ({
    ok: accounts.open === 0,
    detail: `${accounts.open} have not`,
  }));
  const { totals, sentByServer, receivedByServer } = accounts;
  const { connections, up, down, topics, cutOff, plans } = totals;
  checks.note(
    `${connections} connections (${Object.entries(plans).join("; ").replaceAll(",", " ")}), ${up} messages to the server, ${down} to clients, ${topics} to topics; ${cutOff} cut off`,
  );
  const isQuiet = (stats: ServerStats) =>
    [stats.openConnections, stats.pendingHandshakes, stats.bufferedAmount].every((n) => n === 0) &&
    stats.compressionMemory <= sharedCompressors;
  await checks.until("the server's gauges are back", async () => {
    const stats = await server.ask<ServerStats>({ do: "stats" });
    return { ok: isQuiet(stats), detail: JSON.stringify(stats) };
  });
  const stats = await server.ask<ServerStats>({ do: "stats" });
  const counted = {
    accepted: stats.accepted,
    ended: Object.values(stats.closes).reduce((sum, count) => sum + count, 0),
    received: stats.messagesReceived,
    sent: stats.messagesSent,
    dropped: stats.messagesDropped,
    refused: Object.keys(stats.refused).length,
  };
  const expected = {
    accepted: connections,
    ended: connections,
    received: receivedByServer,
    sent: sentByServer,
    dropped: 0,
    refused: 0,
  };
  const isSame = JSON.stringify(counted) === JSON.stringify(expected);
  checks.that("the server's counters agree", isSame, { counted, expected });
}

function mebibytes(bytes: number): string {
  return (bytes / 1_048_576).toFixed(1);
}

import { descriptorCount, processorTime, residentMemory } from "../src/attack/process-figures.ts";
import { type Runtime, runtimeNamed } from "../src/runtimes.ts";
import type { Checks } from "./checks.ts";
import { Child } from "./child.ts";

/** Connections that are opened and ended first, so that what is needed once is not counted. */
const warmUpConnections = 200;
const broadcasts = 20;
const ownDescriptors = 2;

/** Opens many idle connections to one process and broadcasts to all of them. */
export async function idle(runtime: Runtime, connections: number, checks: Checks): Promise<void> {
  const reports = { fault: (text: string) => checks.fault(text) };
  const server = new Child(runtime, { role: "idle server" }, reports);
  const children = [server];
  let port = 0;
  const open = async (count: number) => {
    const role = { role: "idle clients", port } as const;
    const clients = new Child(runtimeNamed("node"), role, reports);
    children.push(clients);
    await clients.ready();
    await clients.ask({ do: "open", count });
    return clients;
  };
  try {
    port = await server.ready();
    const descriptors = descriptorCount(server.pid) + ownDescriptors;
    await endAll(await open(warmUpConnections), checks);
    const empty = await figuresOf(server);
    const clients = await open(connections);
    const full = await figuresOf(server);
    checks.note(
      `${connections} connections: ${perConnection("inUse")} bytes in use each, ${perConnection("resident")} resident`,
    );
    await broadcastToAll(server, clients, connections, checks);
    await endAll(clients, checks);
    await checks.until("descriptors are given back", () => {
      const open = descriptorCount(server.pid);
      return { ok: open <= descriptors, detail: `${open} open, ${descriptors} at the start` };
    });
    const stats = await server.ask<{ openConnections: number }>({ do: "stats" });
    checks.that("no connection is left", stats.openConnections === 0, stats.openConnections);
    await server.ask({ do: "close" });
    const serverCode = await server.end();
    checks.that("the server's process ends by itself", serverCode === 0, serverCode);

    function perConnection(kind: "inUse" | "resident"): number {
      return Math.round((full[kind] - empty[kind]) / connections);
    }
  } finally {
    for (const child of children) child.kill();
  }
}

async function endAll(clients: Child, checks: Checks): Promise<void> {
  await clients.ask({ do: "end" });
  const code = await clients.end();
  checks.that("the clients' process ends by itself", code === 0, code);
}

async function figuresOf(server: Child) {
  const inUse = await server.ask<number>({ do: "memory" });
  return { inUse, resident: residentMemory(server.pid) };
}

/** Broadcasts, each time when all have got the last one. */
async function broadcastToAll(
  server: Child,
  clients: Child,
  connections: number,
  checks: Checks,
): Promise<void> {
  const cpu = processorTime(server.pid);
  let sent = 0;
  let received = 0;
  for (let round = 0; round < broadcasts; round++) {
    sent += await server.ask<number>({ do: "broadcast" });
    const deadline = performance.now() + 30_000;
    do received = await clients.ask<number>({ do: "received" });
    while (received < sent && performance.now() < deadline);
  }
  const used = processorTime(server.pid) - cpu;
  const isAll = sent === broadcasts * connections && received === sent;
  checks.that("every broadcast reaches every connection", isAll, `${received} of ${sent}`);
  checks.note(`${((used * 1e6) / received).toFixed(1)} us of CPU time per delivery`);
}

/**
 * A Framewright server that records the events of each connection that has an `id`, and connects
 * where it is told to. Without the instrument on standard input, nothing but it keeps the process.
 */
import type { ServeOptions, Server } from "@framewright/websocket";
import type { Query, SubjectSocket } from "../../src/attack/subject-types.ts";
import { handle } from "./application.ts";
import { ConnectionRecords } from "./connection-records.ts";
import { ourClients } from "./our-clients.ts";
import { reportVictim } from "./report-victim.ts";
import { transport } from "./transport.ts";
import { settings } from "./victim-settings.ts";

const { serve, connect } = await transport();
const errors: string[] = [];
const records = new ConnectionRecords();
const common = settings.options as ServeOptions<Query>;

const handlers = {
  open: (socket: SubjectSocket) => records.opened(socket),
  message(socket: SubjectSocket, data: string | Uint8Array) {
    records.add(socket, `message ${data}`);
    handle(data as string | Uint8Array<ArrayBuffer>, {
      send: (message) => void socket.send(message),
      broadcast() {},
    });
  },
  wire: (socket: SubjectSocket, direction: "in" | "out", bytes: Uint8Array) =>
    records.wire(socket, direction, bytes.length),
  pong: (socket: SubjectSocket) => records.add(socket, "pong"),
  drain: (socket: SubjectSocket) => records.add(socket, "drain"),
  dropped: (socket: SubjectSocket) => records.add(socket, "dropped"),
  close: (socket: SubjectSocket, statusCode: number, reason: string, wasClean: boolean) =>
    records.closed(socket, statusCode, reason, wasClean),
  error: (error: unknown) => void errors.push(String(error)),
};
const { message: _, ...handlersOfLoops } = handlers;
const servers = new Map<number, Server<Query>>();

/** Starts one more server. With `iterates`, messages go to loops instead of a handler. */
async function listen(iterates: boolean): Promise<{ port: number }> {
  const server = await serve({
    ...common,
    ...(iterates ? handlersOfLoops : handlers),
    accept: (request) => new URLSearchParams(request.query),
    open(socket) {
      records.opened(socket);
      if (iterates) void iterate(socket);
    },
    http: ({ path, query }) => answer(path, new URLSearchParams(query)),
  });
  servers.set(server.port, server);
  return { port: server.port };
}

async function iterate(socket: SubjectSocket): Promise<void> {
  for await (const data of socket) {
    records.addFromLoop(socket, `message ${data}`);
    socket.send(data);
  }
  records.loopEnded(socket);
}

/** Connects, and records a refusal. */
async function visit(data: Query): Promise<void> {
  try {
    const url = `ws://127.0.0.1:${data.get("port")}/?${data}`;
    const compression = data.has("compressed") ? { threshold: 0 } : false;
    await connect(url, { ...common, ...handlers, data, compression });
  } catch (error) {
    records.refused(data, (error as { code?: string }).code ?? String(error));
  }
}

async function answer(path: string, query: URLSearchParams) {
  return { status: 200, body: JSON.stringify((await act(path, query)) ?? {}) };
}

function act(path: string, query: URLSearchParams): unknown {
  const server = servers.get(Number(query.get("port")));
  if (path === "/records") return records.take(query.get("group") as string);
  if (path === "/listen") return listen(query.has("iterates"));
  if (path === "/connect") return void visit(query);
  if (path !== "/close") throw new Error(`there is no ${path}`);
  servers.delete(server?.port as number);
  return server?.close({ timeout: Number(query.get("timeout")) });
}

const { port } = await listen(false);
const main = servers.get(port) as Server<Query>;
if (process.argv[3] === "leaves") {
  console.log(`listening on ws://127.0.0.1:${port}`);
  process.once("SIGTERM", async () => {
    const results = await Promise.all(
      [...servers.values()].map((one) => one.close({ timeout: 500 })),
    );
    console.log(JSON.stringify({ results, records: records.take(""), errors }));
  });
} else {
  const counts = () => {
    const { openConnections, pendingHandshakes } = main.stats();
    return { openConnections, pendingHandshakes, errors };
  };
  reportVictim(port, counts, await ourClients());
}

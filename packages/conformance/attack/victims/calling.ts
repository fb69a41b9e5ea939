/** A Framewright server whose application treats the library badly, as each connection asks it to. */
import { spawnSync } from "node:child_process";
import type { ServeOptions, Server } from "@framewright/websocket";
import type { Query, SubjectSocket } from "../../src/attack/subject-types.ts";
import { handle } from "./application.ts";
import { sendChangingMemory } from "./calling/changing-memory.ts";
import { Reentrancy } from "./calling/reentrancy.ts";
import { passWrongValues } from "./calling/wrong-values.ts";
import { ourClients } from "./our-clients.ts";
import { reportVictim } from "./report-victim.ts";
import { transport } from "./transport.ts";
import { settings } from "./victim-settings.ts";

const transports = await transport();
const errors: string[] = [];
const runs = new Map<string, Reentrancy>();

/** The run of the re-entrancy matrix that a connection belongs to, if it does. */
function runOf({ data }: SubjectSocket): Reentrancy | undefined {
  return runs.get(data.get("id") ?? "");
}

const server: Server<Query> = await transports.serve({
  ...(settings.options as ServeOptions<Query>),
  accept: (request) => new URLSearchParams(request.query),
  open(socket) {
    const huge = socket.data.get("huge");
    if (huge !== null) {
      socket.send(new Uint8Array(Number(huge)));
      socket.close(1000);
    }
    const id = socket.data.get("id");
    if (id === null) return undefined;
    const run = new Reentrancy(socket, server);
    runs.set(id, run);
    return run.enter("open");
  },
  message(socket, data) {
    const run = runOf(socket);
    if (run !== undefined) return run.enter("message");
    const task = socket.data.get("task");
    if (task === null) {
      return handle(data as string | Uint8Array<ArrayBuffer>, {
        send: (message) => void socket.send(message),
        broadcast() {},
      });
    }
    void perform(task, socket).then((faults) => socket.send(JSON.stringify({ faults })));
  },
  pong: (socket) => runOf(socket)?.enter("pong"),
  drain: (socket) => runOf(socket)?.enter("drain"),
  dropped: (socket) => runOf(socket)?.enter("dropped"),
  wire: (socket) => runOf(socket)?.enter("wire"),
  close: (socket) => runOf(socket)?.enter("close"),
  error: (error, socket) => {
    const run = socket && runOf(socket);
    if (run === undefined) errors.push(String(error));
    else run.failed(error);
  },
  http({ path, query }) {
    if (path !== "/run") return { status: 404 };
    const id = new URLSearchParams(query).get("id") ?? "";
    const run = runs.get(id);
    if (query.endsWith("&release=")) run?.release();
    const state = run?.state ?? { entered: [], faults: [], closes: 0, isFilled: false };
    return { status: 200, body: JSON.stringify(state) };
  },
});

/** Performs a task and returns what was wrong. */
async function perform(task: string, socket: SubjectSocket): Promise<string[]> {
  // With one core, threads hardly ever run at the same time.
  spawnSync("taskset", ["-acp", "0,1", String(process.pid)], { stdio: "ignore" });
  try {
    if (task === "memory") return await sendChangingMemory(socket, server.port, transports.connect);
    if (task === "values") return await passWrongValues(socket, server, transports);
    return [`there is no task ${task}`];
  } catch (error) {
    return [String((error as Error).stack)];
  }
}

const counts = () => {
  const { openConnections, pendingHandshakes } = server.stats();
  return { openConnections, pendingHandshakes, errors };
};
reportVictim(server.port, counts, await ourClients());

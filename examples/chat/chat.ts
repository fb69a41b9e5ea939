import { parseArgs } from "node:util";
import {
  type AttachOptions,
  type ServeOptions,
  type Server,
  type Socket,
  StatusCode,
} from "@framewright/websocket";
import { admitParticipant, admitView } from "./admission.ts";
import { type Attach, serveHttp2 } from "./http2.ts";
import type { Runtime } from "./protocol.ts";
import { Rooms } from "./rooms.ts";
import { readSite } from "./site.ts";
import type { Visitor } from "./visitor.ts";
import { WireViews } from "./wire-views.ts";

/** The `serve` function of a transport package. */
type Serve = (options: ServeOptions<Visitor>) => Promise<Server<Visitor>>;

/** Interval between pings in milliseconds. */
const heartbeat = 20_000;
/** In bytes: enough for the longest text with every character escaped. */
const maxMessageSize = 32_768;

/** Runs the chat server on any runtime. Reports errors without a stack trace. */
export function runChat(serve: Serve, attach: Attach, defaultPort: number): void {
  listen(serve, attach, defaultPort).catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
}

async function listen(serve: Serve, attach: Attach, defaultPort: number): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: String(defaultPort) },
      host: { type: "string", default: "127.0.0.1" },
      "until-stdin-ends": { type: "boolean", default: false },
      http2: { type: "boolean", default: false },
      cert: { type: "string" },
      key: { type: "string" },
    },
  });
  const rooms = new Rooms(currentRuntime());
  const site = readSite();
  const place = { port: Number(values.port), hostname: values.host };
  const { cert, key } = values;
  const server = values.http2
    ? await serveHttp2(attach, chatOptions(rooms), site, { ...place, cert, key })
    : await serve({ ...chatOptions(rooms), ...place, http: site });
  const pings = setInterval(pingAll, heartbeat, server.clients);

  let stopping = false;
  const stop = async () => {
    // Ctrl-C reaches every process of a terminal, and the parent process may send a signal as well.
    if (stopping) return;
    stopping = true;
    clearInterval(pings);
    await rooms.close(StatusCode.GoingAway); // before the views, so that they show the Close frames
    await server.close({ statusCode: StatusCode.GoingAway });
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  if (values["until-stdin-ends"]) process.stdin.on("end", stop).on("error", stop).resume();

  const host = values.host.includes(":") ? `[${values.host}]` : values.host;
  console.log(`listening on ${values.http2 ? "https" : "http"}://${host}:${server.port}`);
}

/** The options for the rooms and the views. */
function chatOptions(rooms: Rooms): AttachOptions<Visitor> {
  const views = new WireViews();
  return {
    maxMessageSize,
    routes: {
      "/rooms/:room": { accept: (request) => admitParticipant(request, rooms, views) },
      "/wire": { accept: (request) => admitView(request, views) },
    },
    open(socket) {
      const { data } = socket;
      if (data.kind === "view") return views.add(socket, data);
      data.room.join(socket, data);
      socket.ping(); // so that the page has a control frame to show immediately
    },
    message(socket, message) {
      const { data } = socket;
      if (data.kind === "participant") data.room.receive(socket, data, message);
      else socket.close(StatusCode.PolicyViolation, "a view does not take messages");
    },
    pong(socket) {
      socket.data.alive = true;
    },
    wire(socket, direction, bytes) {
      const { data } = socket;
      if (data.kind === "participant") views.show(data, direction, bytes);
    },
    close(socket) {
      const { data } = socket;
      if (data.kind === "view") return views.delete(data);
      data.room.leave(socket);
      data.view?.close(StatusCode.NormalClosure);
    },
  };
}

/**
 * Terminates connections that did not answer the last ping and pings the others. A connection whose
 * peer has vanished would otherwise stay open.
 */
function pingAll(sockets: ReadonlySet<Socket<Visitor>>): void {
  for (const socket of sockets) {
    if (!socket.data.alive) socket.terminate();
    socket.data.alive = false;
    socket.ping();
  }
}

function currentRuntime(): Runtime {
  // Deno and Bun report a Node version too, namely the one that they are compatible with.
  const { bun, deno, node } = process.versions as Readonly<Record<string, string | undefined>>;
  if (bun !== undefined) return { name: "Bun", version: bun };
  if (deno !== undefined) return { name: "Deno", version: deno };
  return { name: "Node", version: node ?? "" };
}

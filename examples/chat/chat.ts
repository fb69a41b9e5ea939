import { parseArgs } from "node:util";
import { type ServeOptions, type Server, type Socket, StatusCode } from "@framewright/websocket";
import { admit } from "./admission.ts";
import type { Runtime } from "./protocol.ts";
import { Room } from "./room.ts";
import { readSite } from "./site.ts";
import type { Visitor } from "./visitor.ts";
import { WireViews } from "./wire-views.ts";

/** `serve` of any of the transport packages. */
type Serve = (options: ServeOptions<Visitor>) => Promise<Server<Visitor>>;

/** How often connections are asked whether they are still there, in milliseconds. */
const heartbeat = 20_000;
/** Room for the longest text, even when every character of it is escaped. */
const maxMessageSize = 32_768;

/** The chat server, whatever the runtime. Says what is wrong without a stack trace. */
export function runChat(serve: Serve, defaultPort: number): void {
  listen(serve, defaultPort).catch((error: Error) => {
    console.error(error.message);
    process.exit(1);
  });
}

async function listen(serve: Serve, defaultPort: number): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: String(defaultPort) },
      host: { type: "string", default: "127.0.0.1" },
      "until-stdin-ends": { type: "boolean", default: false },
    },
  });
  const room = new Room(currentRuntime());
  const server = await serve({
    ...chatOptions(room),
    port: Number(values.port),
    hostname: values.host,
  });
  const pings = setInterval(pingAll, heartbeat, server.clients);

  let stopping = false;
  const stop = async () => {
    // Ctrl-C reaches every process of a terminal: who started this one may pass it on as well.
    if (stopping) return;
    stopping = true;
    clearInterval(pings);
    await room.close(StatusCode.GoingAway); // before the views, so that they show it
    await server.close({ statusCode: StatusCode.GoingAway });
    process.exit(0);
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  if (values["until-stdin-ends"]) process.stdin.on("end", stop).on("error", stop).resume();

  const host = values.host.includes(":") ? `[${values.host}]` : values.host;
  console.log(`listening on http://${host}:${server.port}`);
}

/** Page, room and views as options of `serve`. */
function chatOptions(room: Room): ServeOptions<Visitor> {
  const views = new WireViews();
  return {
    maxMessageSize,
    http: readSite(),
    accept: (request) => admit(request, room, views),
    open(socket) {
      const { data } = socket;
      if (data.kind === "view") return views.add(socket, data);
      room.join(socket, data);
      socket.ping(); // the first one at once: the page has a control frame to show
    },
    message(socket, message) {
      const { data } = socket;
      if (data.kind === "participant") room.receive(socket, data, message);
      else socket.close(StatusCode.PolicyViolation, "a wire is for looking at");
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
      room.leave(socket);
      data.view?.close(StatusCode.NormalClosure);
    },
  };
}

/** A connection whose other end is gone without a word would stay for ever. */
function pingAll(sockets: ReadonlySet<Socket<Visitor>>): void {
  for (const socket of sockets) {
    if (!socket.data.alive) socket.terminate();
    socket.data.alive = false;
    socket.ping();
  }
}

function currentRuntime(): Runtime {
  // Deno and Bun give a Node version too, of the Node that they are compatible with.
  const { bun, deno, node } = process.versions as Readonly<Record<string, string | undefined>>;
  if (bun !== undefined) return { name: "Bun", version: bun };
  if (deno !== undefined) return { name: "Deno", version: deno };
  return { name: "Node", version: node ?? "" };
}

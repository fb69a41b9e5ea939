/**
 * The servers that the browser libraries are made for, over `ws`. Prints their ports as one line of
 * JSON.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { initTRPC } from "@trpc/server";
import { applyWSSHandler } from "@trpc/server/adapters/ws";
import { Aedes } from "aedes";
import { Server as EngineServer } from "engine.io";
import { buildSchema } from "graphql";
import { useServer } from "graphql-ws/use/ws";
import { createWebSocketStream, type WebSocket, WebSocketServer } from "ws";
import type { Ports } from "./clients.ts";

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

/** Listens for WebSockets alone. */
async function webSockets(use: (server: WebSocketServer) => unknown): Promise<number> {
  const server = createServer();
  use(new WebSocketServer({ server }));
  return listen(server);
}

async function* countdown(): AsyncGenerator<{ countdown: number }> {
  for (let left = 3; left > 0; left--) yield { countdown: left };
}

function serveGraphql(server: WebSocketServer): void {
  const schema = buildSchema("type Query { hello: String } type Subscription { countdown: Int }");
  const subscribe = { countdown };
  useServer(
    { schema, roots: { query: { hello: () => "world" }, subscription: subscribe } },
    server,
  );
}

function serveTrpc(server: WebSocketServer): void {
  const { procedure, router } = initTRPC.create();
  const appRouter = router({
    hello: procedure.query(() => "world"),
    countdown: procedure.subscription(countdown),
  });
  applyWSSHandler({ wss: server, router: appRouter });
}

/** Passes on each message of a document to the other clients, as y-websocket's protocol allows. */
function relay(server: WebSocketServer): void {
  server.on("connection", (socket: WebSocket) => {
    socket.on("message", (data, isBinary) => {
      for (const other of server.clients)
        if (other !== socket) other.send(data, { binary: isBinary });
    });
  });
}

/** Echoes. Ends every other connection to `/unreliable` without a closing handshake. */
function serveUnreliably(server: WebSocketServer): void {
  let connections = 0;
  server.on("connection", (socket: WebSocket, { url }) => {
    if (url === "/unreliable" && ++connections % 2 === 1) socket.terminate();
    else socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
  });
}

/**
 * A channel of Phoenix, whose own server is written in Elixir: joins, replies and broadcasts in version
 * 2 of its protocol, where a message is [join reference, reference, topic, event, payload].
 */
function servePhoenix(server: WebSocketServer): void {
  server.on("connection", (socket: WebSocket) => {
    socket.on("message", (data) => {
      const [joinRef, ref, topic, event, payload] = JSON.parse(String(data));
      const send = (to: WebSocket, ...message: unknown[]) => to.send(JSON.stringify(message));
      if (event === "shout") {
        for (const other of server.clients) send(other, null, null, topic, event, payload);
      }
      const reply = { status: "ok", response: event === "phx_join" ? payload : {} };
      send(socket, joinRef, ref, topic, "phx_reply", reply);
    });
  });
}

const broker = await Aedes.createBroker();
const engineHttp = createServer();
const engine = new EngineServer({ transports: ["websocket", "polling"] });
engine.attach(engineHttp);
engine.on("connection", (socket) => {
  socket.on("message", (data: string | Buffer) => socket.send(data));
});

const ports: Ports = {
  graphql: await webSockets(serveGraphql),
  mqtt: await webSockets((server) => {
    server.on("connection", (socket, request) => {
      broker.handle(createWebSocketStream(socket), request);
    });
  }),
  engine: await listen(engineHttp),
  trpc: await webSockets(serveTrpc),
  phoenix: await webSockets(servePhoenix),
  relay: await webSockets(relay),
  unreliable: await webSockets(serveUnreliably),
};
console.log(JSON.stringify(ports));

/**
 * A server that does what the Web Platform Tests expect of their WebSocket handlers, by path
 * (websockets/handlers in their repository).
 */
import { createServer, type IncomingMessage } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import {
  type AttachOptions,
  createUpgrades,
  type Message,
  type Socket,
  type Upgrades,
} from "@framewright/node-transport";

interface Connection {
  readonly query: string;
  readonly cookie: string;
  readonly origin: string;
}

const echo = (socket: Socket<Connection>, data: Message) => {
  socket.send(data);
  if (data === "Goodbye") socket.close(1000);
};

function sendInfo(what: (connection: Connection, socket: Socket<Connection>) => string) {
  const open = (socket: Socket<Connection>) => void socket.send(what(socket.data, socket));
  return { open, message: echo };
}

type Handler = Pick<AttachOptions<Connection>, "subprotocols" | "open" | "message" | "wire">;

/** After its Close frame the server takes no more than one, as that of the tests does. */
const closing: Pick<Handler, "wire"> = {
  wire(socket, direction, bytes) {
    const isLong = direction === "in" && bytes.length > 1_000;
    if (isLong && socket.readyState === "closing") socket.terminate();
  },
};

/** By path. Other paths echo. */
const handlers: Record<string, Handler> = {
  "/echo-cookie": sendInfo(({ cookie }) => cookie || "(none)"),
  "/echo-query": sendInfo(({ query }) => query),
  "/origin": sendInfo(({ origin }) => origin),
  "/protocol": { subprotocols: ["foobar"], ...sendInfo((_, { subprotocol }) => subprotocol) },
  "/protocol_array": {
    subprotocols: ["foobar", "foobar2"],
    ...sendInfo((_, { subprotocol }) => subprotocol),
  },
  "/empty-message": { message: (socket, data) => void socket.send(data === "" ? "pass" : "fail") },
  "/echo_exit": { ...closing, message: (socket) => socket.close(1000) },
  "/echo_close_data": { message: (socket) => socket.close(1000) },
  "/remote-close": {
    ...closing,
    async open(socket) {
      const given = new URLSearchParams(socket.data.query);
      socket.pause();
      await delay(50); // so that the response has arrived, and the client has written
      if (given.get("abrupt") === "1") return socket.terminate();
      const code = given.get("code");
      socket.close(code === null ? undefined : Number(code), given.get("reason") ?? undefined);
    },
  },
  "/delayed-passive-close": { open: (socket) => pauseFor(socket, 1_000), message: echo },
  "/receive-backpressure": { open: (socket) => pauseFor(socket, 2_000), message: () => {} },
  "/send-backpressure": {
    async open(socket) {
      const writer = socket.writable.getWriter();
      await writer.write("");
      const start = performance.now();
      for (let i = 0; i < 16; i++) await writer.write(new Uint8Array(1_048_576));
      await writer.write(String((performance.now() - start) / 1_000));
    },
    message: () => {},
  },
  "/handshake_sleep_2": { message: echo },
};

/** Reads nothing for some milliseconds. */
async function pauseFor(socket: Socket<Connection>, milliseconds: number): Promise<void> {
  socket.pause();
  await delay(milliseconds);
  socket.resume();
}

/** Handshakes that no server of this project makes. */
const rawAnswers: Record<string, (key: string) => string> = {
  "/wrong_accept_key": () => "Sec-WebSocket-Accept: AAAAAAAAAAAAAAAAAAAAAAAAAAA=\r\n",
  "/invalid": () => "X-Nothing: here\r\n",
};

const servers = new Map<string, Upgrades<Connection>>();

function serverFor(path: string): Upgrades<Connection> {
  const known = servers.get(path);
  if (known !== undefined) return known;
  const server = createUpgrades<Connection, Record<string, Connection>>({
    subprotocols: ["echo"],
    message: echo,
    maxMessageSize: 2 ** 30,
    accept: ({ query, headers }) => ({
      query,
      cookie: headers.get("cookie") ?? "",
      origin: headers.get("origin") ?? "",
    }),
    ...handlers[path],
  });
  servers.set(path, server);
  return server;
}

async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
  const path = (request.url ?? "/").replace(/\?.*$/s, "");
  socket.on("error", () => {});
  const raw = rawAnswers[path];
  if (raw !== undefined) {
    const start =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
    socket.end(`${start}${raw(request.headers["sec-websocket-key"] ?? "")}\r\n`);
    return;
  }
  if (path === "/basic_auth" && request.headers.authorization !== "Basic Zm9vOmJhcg==") {
    socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return;
  }
  if (path === "/404") {
    socket.end("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
    return;
  }
  if (path === "/sleep_10_v13") await delay(10_000);
  if (path === "/handshake_sleep_2") await delay(2_000);
  await serverFor(path).handleUpgrade(request, socket, head);
}

/** Starts the server without and with TLS. Returns their ports. */
export async function startHandlers(tls: { cert: string; key: string }) {
  const [plain, secure] = [createServer(), createSecureServer(tls)];
  for (const server of [plain, secure]) {
    server.on("upgrade", upgrade);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  }
  const port = (server: { address(): unknown }) => (server.address() as AddressInfo).port;
  return { ws: port(plain), wss: port(secure) };
}

/**
 * A check by the compiler only: what is received fits where the platform takes bytes, what the
 * platform gives can be sent, and a program may make sockets of its own.
 */
import { writeFile } from "node:fs/promises";
import {
  type AttachedServer,
  type Bytes,
  connect,
  HttpHeaders,
  type IncomingRequest,
  type Reconnecting,
  type Server,
  type Socket,
  serve,
} from "@framewright/node-transport";

export async function receive(socket: Socket, message: Bytes): Promise<void> {
  for await (const data of socket) {
    if (typeof data === "string") continue;
    new Blob([data]);
    new Response(data);
    await crypto.subtle.digest("SHA-256", data);
    await writeFile("/tmp/message", data);
    data satisfies Uint8Array<ArrayBuffer>;
  }
  message.buffer satisfies ArrayBuffer;
  await serve({
    message: (_, data) => new Blob([data]),
    messageStream: async (_, stream) => {
      for await (const part of stream) new Blob([part]);
    },
    pong: (_, payload) => new Response(payload),
  });
}

export function send(socket: Socket, server: AttachedServer): void {
  const buffer = new ArrayBuffer(8);
  socket.send("text");
  socket.send(new Int8Array(buffer));
  socket.send(new Float32Array(buffer));
  socket.send(new DataView(buffer));
  socket.send(Buffer.from("x"));
  socket.send(buffer);
  socket.send(new SharedArrayBuffer(8));
  socket.send(new Uint8Array(new SharedArrayBuffer(8)));
  socket.send(new Blob(["x"]));
  socket.ping(new DataView(buffer));
  server.broadcast(new Float64Array(buffer));
  server.publish("topic", new DataView(buffer));
  // @ts-expect-error: its bytes are not there
  server.broadcast(new Blob(["x"]));
  // @ts-expect-error: no message
  socket.send({ json: true });
}

export async function dispose(server: Server, connection: Reconnecting): Promise<void> {
  await using socket = await connect("ws://server.test/");
  using other = socket;
  server satisfies AsyncDisposable;
  connection satisfies AsyncDisposable;
  other.send("");
}

/** All of a socket, as the test of a handler may write it. */
export const fake: Socket<{ name: string }> = {
  data: { name: "x" },
  subprotocol: "",
  extensions: "",
  remoteAddress: "192.0.2.1",
  readyState: "open",
  bufferedAmount: 0,
  latency: undefined,
  closed: Promise.resolve({ statusCode: 1000, reason: "", wasClean: true, error: undefined }),
  drained: Promise.resolve(),
  readable: new ReadableStream() as Socket["readable"],
  writable: new WritableStream(),
  topics: new Set(),
  send: () => "sent",
  sendStream: async () => "sent",
  offer: () => true,
  ping: () => "sent",
  close() {},
  terminate() {},
  pause() {},
  resume() {},
  subscribe: () => true,
  unsubscribe: () => true,
  isSubscribed: () => false,
  async *[Symbol.asyncIterator]() {
    yield "message";
    return undefined;
  },
  [Symbol.dispose]() {},
  async [Symbol.asyncDispose]() {},
};

/** All of a request, as the test of `accept` may write it. */
export const request: IncomingRequest<{ room: string }> = {
  method: "GET",
  target: "/rooms/1?x",
  headers: new HttpHeaders(),
  remoteAddress: "192.0.2.1",
  peerCertificate: undefined,
  params: { room: "1" },
  raw: undefined,
  signal: new AbortController().signal,
  url: new URL("http://server.test/rooms/1?x"),
  path: "/rooms/1",
  query: "x",
  origin: "",
  cookies: new Map(),
};

import type { ServeOptions } from "@framewright/websocket";
import {
  type NativeReconnecting,
  type NativeReconnectingOptions,
  reconnecting,
} from "@framewright/websocket/reconnecting";
import { Link, settle, TestClock } from "@framewright/websocket/testing";
import { serveWith, type Transport, webSocketClass } from "@framewright/websocket/transport";
import { afterEach, beforeEach, expect, test } from "vitest";

/** The standard class, over connections in memory to the server of `serve`. */
let accept: ((transport: Transport) => void) | undefined;
let links: Link[] = [];
const WebSocket = webSocketClass(async (_target, progress) => {
  if (accept === undefined) throw new Error("refused");
  const link = new Link();
  links.push(link);
  accept(link.server);
  progress.opened(link.client);
}, {});

const serve = <Data = undefined>(options: ServeOptions<Data>) =>
  serveWith(options, async (_address, accepted) => {
    accept = accepted;
    return { port: 80, stop() {} };
  });

let clock: TestClock;
let open: NativeReconnecting[] = [];
beforeEach(() => {
  clock = TestClock.install();
  links = [];
});
afterEach(() => {
  for (const connection of open) connection.close();
  open = [];
  accept = undefined;
  clock.uninstall();
});

function start(url: Parameters<typeof reconnecting>[0], options: NativeReconnectingOptions = {}) {
  const connection = reconnecting(url, { WebSocket, ...options } as NativeReconnectingOptions);
  open.push(connection);
  return connection;
}

test("messages go both ways, also those that were queued, on each connection", async () => {
  const received: unknown[] = [];
  let connects = 0;
  await serve({ message: (socket, data) => void socket.send(data) });
  const connection = start(new URL("ws://test/"), {
    queue: true,
    onConnect: (socket) => {
      connects++;
      socket.send("hello");
    },
    message: (_socket, data) => void received.push(data),
  });
  for (const data of [
    "a",
    Uint8Array.of(1),
    Uint8Array.of(2).buffer,
    new DataView(new ArrayBuffer(1)),
  ])
    expect(connection.send(data)).toBe("queued");
  expect(connection.queuedAmount).toBe(4);
  const socket = await connection.ready;
  expect(connection.socket).toBe(socket);
  await settle();
  expect(
    received.map((data) =>
      typeof data === "string" ? data : [...new Uint8Array(data as ArrayBuffer)],
    ),
  ).toEqual(["hello", "a", [1], [2], [0]]);
  links[0].reset();
  await clock.advance(1_000);
  expect(connection.send("b")).toBe("sent");
  await settle();
  expect(received.slice(5)).toEqual(["hello", "b"]);
  expect(connects).toBe(2);
});

test("a Blob is queued by its size", () => {
  const connection = start("ws://test/", { queue: { maxBytes: 3 } });
  expect(connection.send(new Blob(["ab"]))).toBe("queued");
  expect(connection.send("ä")).toBe("dropped");
  expect(connection.queuedAmount).toBe(2);
});

test("URL and subprotocols are asked anew for each try", async () => {
  const seen: string[] = [];
  const urls: number[] = [];
  const connection = start(
    async (attempt) => {
      urls.push(attempt);
      if (attempt === 1) throw new Error("offline");
      return "ws://test/";
    },
    { protocols: (attempt) => `v${attempt}` },
  );
  await settle();
  await serve({ subprotocols: ["v2"], open: (socket) => void seen.push(socket.subprotocol) });
  await clock.advance(10_000);
  expect([connection.state, seen, urls]).toEqual(["open", ["v2"], [0, 1, 2]]);
});

test("ends for good with an invalid URL, a status code that says so, and close", async () => {
  const invalid = start("http:// /");
  expect(await invalid.closed).toMatchObject({
    code: "WS_ERR_NOT_RETRIED",
    failure: { error: expect.any(Error) },
  });
  await serve({ open: (socket) => socket.close(4000, "go") });
  const refused = start("ws://test/");
  expect(await refused.closed).toMatchObject({
    code: "WS_ERR_NOT_RETRIED",
    failure: { statusCode: 4000, reason: "go" },
  });
  await expect(refused.ready).rejects.toBe(await refused.closed);
  const closed = start("ws://test/", { shouldRetry: () => true });
  await settle();
  closed.close(1000);
  expect((await closed.closed).code).toBe("WS_ERR_CLOSED");
  await clock.advance(60_000);
  expect(clock.waiting).toBe(0);
});

test("a try that is not answered ends after handshakeTimeout", async () => {
  await serve({ accept: () => new Promise<undefined>(() => {}), handshakeTimeout: 1_000_000 });
  const tries: number[] = [];
  start("ws://test/", {
    handshakeTimeout: 1_000,
    onChange: ({ state, tries: count }) => state === "connecting" && tries.push(count),
  });
  await clock.advance(1_600);
  expect(tries).toEqual([1, 2]);
  expect(() => reconnecting("ws://test/", { handshakeTimeout: 0 })).toThrow(RangeError);
});

test("after a sleep, a probe that is not answered ends the connection", async () => {
  await serve({ message: (socket) => void socket.send("pong") });
  const probe = (socket: { send(data: string): void }) => socket.send("ping");
  const connection = start("ws://test/", { probe });
  await clock.advance(1_000);
  await clock.sleep(600_000);
  await clock.advance(10_000);
  expect([connection.state, links.length]).toEqual(["open", 1]);
  links[0].lose();
  await clock.sleep(600_000);
  await clock.advance(10_000);
  expect([connection.state, links.length]).toEqual(["open", 2]);
});

test("errors of functions are reported and change nothing", async () => {
  const errors: unknown[] = [];
  await serve({});
  const connection = start("ws://test/", {
    onChange() {
      throw new Error("onChange");
    },
    error: (error) => void errors.push(error),
  });
  await connection.ready;
  expect(errors).toEqual([new Error("onChange"), new Error("onChange")]);
});

test("an error handler that throws and a probe that throws change nothing", async () => {
  const errors: unknown[] = [];
  await serve({});
  const connection = start("ws://test/", {
    probe() {
      throw new Error("probe");
    },
    error(error) {
      errors.push(error);
      throw error;
    },
  });
  await connection.ready;
  connection.retryNow();
  await clock.advance(6_000);
  expect([errors, links.length]).toEqual([[new Error("probe")], 2]);
});

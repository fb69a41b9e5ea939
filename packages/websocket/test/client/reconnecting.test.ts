import type { HttpHeaders } from "@framewright/codec/handshake";
import { prepare, type ReconnectingOptions } from "@framewright/websocket";
import { createNetwork, type Network, settle, TestClock } from "@framewright/websocket/testing";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";

let clock: TestClock;
let network: Network;
beforeEach(() => {
  clock = TestClock.install();
  network = createNetwork();
});
afterEach(() => clock.uninstall());

const echo = {
  message: (socket: { send(data: never): unknown }, data: never) => void socket.send(data),
};

test("for await iterates over the messages of all connections", async () => {
  await using _server = await network.serve({ open: (socket) => void socket.send("hello") });
  const received: unknown[] = [];
  const connection = network.reconnecting("ws://test/");
  const loop = (async () => {
    for await (const message of connection) received.push(message);
  })();
  for (let count = 0; count < 3; count++) {
    await connection.ready;
    await settle();
    network.links[0].reset();
    await clock.advance(2_000);
  }
  connection.close();
  await loop;
  expect(received).toEqual(["hello", "hello", "hello", "hello"]);
});

test("handlers and functions are called as methods of the options", async () => {
  class Client implements ReconnectingOptions {
    readonly received: unknown[] = [];
    readonly queue = true;
    readonly servedBy: unknown[] = [];
    connects = 0;
    response(_socket: unknown, headers: HttpHeaders) {
      this.servedBy.push(headers.get("x-served-by"));
    }
    onConnect() {
      this.connects++;
    }
    message(_socket: unknown, data: unknown) {
      this.received.push(data);
    }
    headers(attempt: number) {
      return { "x-attempt": `${attempt}`, "x-connects": `${this.connects}` };
    }
  }
  const seen: unknown[] = [];
  await using _server = await network.serve({
    ...echo,
    responseHeaders: () => ({ "X-Served-By": "test" }),
    accept: ({ headers }) => void seen.push(headers.get("x-attempt"), headers.get("x-connects")),
  });
  const client = new Client();
  await using connection = network.reconnecting("ws://test/", client);
  connection.send("a");
  connection.send(prepare("b"));
  connection.send(Uint8Array.of(7).buffer);
  expect(connection.queuedAmount).toBe(1 + 3 + 1);
  await connection.ready;
  await settle();
  expect(client.received).toEqual(["a", "b", Uint8Array.of(7)]);
  await clock.advance(5_000);
  network.links[0].reset();
  await clock.advance(1_000);
  expect(seen).toEqual(["0", "0", "0", "1"]);
  expect(client.servedBy).toEqual(["test", "test"]);
});

test.each([
  ["a Uint8Array", () => Uint8Array.of(1, 2, 3)],
  // Its `slice` does not copy.
  ["a Buffer", () => Buffer.from([1, 2, 3])],
])("%s that waits for the connection may be changed", async (_, make) => {
  const received: unknown[] = [];
  await using _server = await network.serve({ message: (_, data) => void received.push(data) });
  await using connection = network.reconnecting("ws://test/", { queue: true });
  const bytes = make();
  connection.send(bytes);
  bytes.fill(9);
  await connection.ready;
  await settle();
  expect(received).toEqual([Uint8Array.of(1, 2, 3)]);
});

test("the signal ends it at once, before and after it is open", async () => {
  await using server = await network.serve(echo);
  const abort = new AbortController();
  const connection = network.reconnecting("ws://test/", { signal: abort.signal });
  const socket = await connection.ready;
  abort.abort();
  expect((await connection.closed).code).toBe("WS_ERR_CLOSED");
  expect((await socket.closed).statusCode).toBe(1006);
  const late = network.reconnecting("ws://test/", { signal: abort.signal });
  expect((await late.closed).code).toBe("WS_ERR_CLOSED");
  await clock.advance(10_000);
  expect(server.stats().accepted).toBe(1);
});

test("a broken protocol is not tried again", async () => {
  await using server = await network.serve({
    open: (socket) => void socket.send("longer than allowed"),
  });
  const connection = network.reconnecting("ws://test/", { maxMessageSize: 4 });
  expect(await connection.closed).toMatchObject({
    code: "WS_ERR_NOT_RETRIED",
    failure: { statusCode: 1009, error: { code: "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH" } },
  });
  expect(server.stats().accepted).toBe(1);
});

test("an error handler that throws is reported, and changes nothing", async () => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => {});
  await using _server = await network.serve(echo);
  const connection = network.reconnecting("ws://test/", {
    onChange() {
      throw new Error("onChange");
    },
    error() {
      throw new Error("error");
    },
  });
  await connection.ready;
  expect(connection.state).toBe("open");
  connection.close();
  await connection.closed;
  expect(printed).toHaveBeenCalledTimes(3);
  printed.mockRestore();
});

test("unknown options throw at the call", () => {
  const misspelt = { minDelayy: 1 } as ReconnectingOptions;
  expect(() => network.reconnecting("ws://test/", misspelt)).toThrow(
    "there is no option minDelayy",
  );
  expect(() => network.reconnecting("ws://test/", { minDelay: -1 })).toThrow(RangeError);
});

test("no client is left behind by 1,000 lost connections, nor a timer", async () => {
  const server = await network.serve(echo);
  const connection = network.reconnecting("ws://test/", { minDelay: 1, maxDelay: 2 });
  for (let count = 0; count < 1_000; count++) {
    await connection.ready;
    network.links[0].reset();
    await clock.advance(3);
  }
  expect([server.clients.size, network.links.length]).toEqual([1, 1]);
  connection.close();
  await connection.closed;
  await server.close();
  expect([clock.waiting, network.links.length]).toEqual([0, 0]);
});

test("the clients of a server that was down come back over seconds, not at once", async () => {
  const count = isFullDepth ? 2_000 : 300;
  const arrivals: number[] = [];
  const clients = Array.from({ length: count }, (_, index) => {
    // Each from a machine of its own: those of one process wait for each other.
    return network.reconnecting(`ws://host${index}.test/`, {
      heartbeat: false,
      onConnect: () => void arrivals.push(clock.now),
    });
  });
  const server = await network.serve({ heartbeat: false, maxPendingHandshakes: count });
  await clock.advance(6_000);
  expect(arrivals.splice(0).length).toBe(count);
  network.stop();
  await clock.advance(3_000);
  network.start();
  const start = clock.now;
  await clock.advance(62_000);
  expect([arrivals.length, server.clients.size]).toEqual([count, count]);
  const columns = new Map<number, number>();
  for (const time of arrivals) {
    const column = Math.floor((time - start) / 500);
    columns.set(column, (columns.get(column) ?? 0) + 1);
  }
  // About 16% are expected in the fullest half second. Fewer clients vary more.
  expect(Math.max(...columns.values()) / count).toBeLessThan(isFullDepth ? 0.25 : 0.4);
  for (const client of clients) client.close();
  await Promise.all(clients.map((client) => client.closed));
  await server.close();
  expect([clock.waiting, network.links.length]).toEqual([0, 0]);
});

import {
  type ConnectionFailure,
  type Reconnecting,
  type ReconnectingOptions,
  refuse,
  type ServeOptions,
  type StateChange,
} from "@framewright/websocket";
import { createNetwork, type Network, settle, TestClock } from "@framewright/websocket/testing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

let clock: TestClock;
let network: Network;
let open: Reconnecting[] = [];
beforeEach(() => {
  clock = TestClock.install();
  network = createNetwork();
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const connection of open) connection.close();
  open = [];
  clock.uninstall();
});

/** Each delay is as long as it can be, so that the schedule is known. */
const withoutJitter = () => vi.spyOn(Math, "random").mockReturnValue(1 - Number.EPSILON);

function start(options: ReconnectingOptions = {}) {
  const changes: StateChange[] = [];
  const connection = network.reconnecting("ws://test/", {
    ...options,
    onChange(change) {
      changes.push(change);
      options.onChange?.(change);
    },
  });
  open.push(connection);
  const states = () => changes.map(({ state }) => state).join(" ");
  return { connection, changes, states };
}

/** Closes what connects with a status code. */
const closing = (statusCode: number): ServeOptions => ({
  open: (socket) => socket.close(statusCode),
});

describe("the schedule", () => {
  test("doubles up to the cap while the server is down, and the server is found when it is back", async () => {
    withoutJitter();
    const { connection, changes, states } = start();
    await clock.advance(120_000);
    const delays = changes.flatMap(({ delay }) => (delay === undefined ? [] : [delay]));
    expect(delays.map((delay) => Math.ceil(delay / 100) / 10)).toEqual([
      0.5, 1, 2, 4, 8, 16, 30, 30, 30,
    ]);
    await using server = await network.serve();
    await clock.advance(30_000);
    expect(connection.state).toBe("open");
    expect(states()).toMatch(/^(connecting waiting )+connecting open$/);
    expect(server.clients.size).toBe(1);
  });

  test("each delay is random below the bound", async () => {
    const { changes } = start();
    await clock.advance(300_000);
    const delays = changes.flatMap(({ delay }) => (delay === undefined ? [] : [delay]));
    expect(delays.length).toBeGreaterThan(9);
    for (const [round, delay] of delays.entries())
      expect(delay).toBeLessThanOrEqual(Math.min(30_000, 500 * 2 ** round));
    expect(new Set(delays).size).toBeGreaterThan(delays.length / 2);
  });

  test("starts anew after 5 seconds of a good connection, and not before", async () => {
    withoutJitter();
    const bounds: (number | undefined)[] = [];
    await using _server = await network.serve();
    const { connection } = start({ onChange: ({ delay }) => delay && bounds.push(delay + 1) });
    for (const time of [4_999, 4_998, 5_000, 100]) {
      await connection.ready;
      await clock.advance(time);
      for (const link of network.links) link.reset();
      await settle();
      connection.retryNow();
    }
    expect(bounds).toEqual([500, 1_000, 500, 1_000]);
  });

  test("heeds Retry-After", async () => {
    await using server = await network.serve({ maxConnections: 0 });
    const { changes } = start();
    await clock.advance(100);
    expect(server.stats().refused).toMatchObject({});
    const [, waiting] = changes;
    expect(waiting.failure?.status).toBe(503);
    const seconds = Number(waiting.failure?.retryAfter);
    expect(seconds).toBeGreaterThan(0);
    expect(waiting.delay).toBeGreaterThanOrEqual(seconds * 1_000);
  });

  test("retryNow tries at once, and only once", async () => {
    const { connection, changes } = start({ minDelay: 30_000 });
    await clock.advance(0);
    await using server = await network.serve();
    connection.retryNow();
    connection.retryNow();
    await settle();
    expect([connection.state, server.clients.size]).toEqual(["open", 1]);
    expect(changes.at(-1)?.tries).toBe(2);
    await clock.advance(60_000);
    expect(server.stats().accepted).toBe(1);
  });
});

describe("what is retried", () => {
  test.each([1001, 1011, 1012, 1013, 1014, undefined])(
    "a connection that is closed with %s",
    async (statusCode) => {
      await using server = await network.serve(closing(statusCode as number));
      const { connection } = start();
      await clock.advance(100_000);
      expect(server.stats().accepted).toBeGreaterThan(3);
      expect(connection.state).not.toBe("closed");
    },
  );

  test.each([1000, 1002, 1003, 1007, 1008, 1009, 1010, 3000, 4000])(
    "not one that is closed with %i",
    async (statusCode) => {
      await using server = await network.serve(closing(statusCode));
      const { connection, changes } = start();
      await clock.advance(100_000);
      expect(server.stats().accepted).toBe(1);
      expect(await connection.closed).toMatchObject({
        code: "WS_ERR_NOT_RETRIED",
        failure: { statusCode },
      });
      await expect(connection.ready).rejects.toBe(await connection.closed);
      expect(changes.at(-1)).toMatchObject({ state: "closed", failure: { statusCode } });
      expect(clock.waiting).toBe(0);
    },
  );

  test.each([
    [429, true],
    [500, true],
    [503, true],
    [400, false],
    [401, false],
    [403, false],
    [404, false],
  ])("a handshake that is refused with %i: %s", async (status, isRetried) => {
    let tries = 0;
    await using _server = await network.serve({
      accept: () => refuse(++tries > 0 ? status : 0),
    });
    const { connection } = start();
    await clock.advance(100_000);
    expect(tries > 1).toBe(isRetried);
    expect(connection.state === "closed").toBe(!isRetried);
  });

  test("not an invalid URL", async () => {
    const connection = network.reconnecting("http:// /");
    open.push(connection);
    await expect(connection.ready).rejects.toMatchObject({
      code: "WS_ERR_NOT_RETRIED",
      failure: { error: expect.any(Error) },
    });
  });

  test("4401 and 401 as shouldRetry says, which may get a new token first", async () => {
    let token = "old";
    const failures: ConnectionFailure[] = [];
    const headers = () => ({ authorization: token });
    await using _server = await network.serve({
      accept: (request) =>
        request.headers.get("authorization") === "new" ? undefined : refuse(401),
      open: (socket) => {
        if (failures.length === 1) socket.close(4401, "expired");
      },
    });
    const { connection, states } = start({
      headers,
      async shouldRetry(failure) {
        failures.push(failure);
        await new Promise((resolve) => setTimeout(resolve, 100));
        token = "new";
        return true;
      },
    });
    await clock.advance(10_000);
    expect(connection.state).toBe("open");
    expect(failures).toMatchObject([
      { status: 401, statusCode: 0 },
      { status: 0, statusCode: 4401, reason: "expired" },
    ]);
    expect(states()).toMatch(/^connecting waiting waiting connecting /);
  });

  test("shouldRetry that fails means no, and the error is reported", async () => {
    await using _server = await network.serve({ accept: () => refuse(403) });
    const errors: unknown[] = [];
    const { connection } = start({
      shouldRetry: () => Promise.reject(new Error("no token")),
      error: (error) => void errors.push(error),
    });
    expect(await connection.closed).toMatchObject({ code: "WS_ERR_NOT_RETRIED" });
    expect(errors).toEqual([new Error("no token")]);
  });

  test("a URL or headers that cannot be computed", async () => {
    await using server = await network.serve();
    let calls = 0;
    const connection = network.reconnecting(async (attempt) => {
      expect(attempt).toBe(calls++);
      if (attempt < 3) throw new Error("offline");
      return "ws://test/";
    });
    open.push(connection);
    await clock.advance(60_000);
    expect([connection.state, calls, server.stats().accepted]).toEqual(["open", 4, 1]);
  });
});

describe("limits", () => {
  test("maxTries counts the tries in a row", async () => {
    const { connection, changes } = start({ maxTries: 3 });
    await clock.advance(60_000);
    expect(changes.filter(({ state }) => state === "connecting").length).toBe(3);
    expect(await connection.closed).toMatchObject({
      code: "WS_ERR_GAVE_UP",
      message: "3 tries have failed (WS_ERR_GAVE_UP)",
      failure: { error: { code: "WS_ERR_CONNECT_FAILED" } },
    });
    expect(clock.waiting).toBe(0);
  });

  test("giveUpAfter begins anew when a good connection is lost", async () => {
    withoutJitter();
    const server = await network.serve();
    const { connection } = start({ giveUpAfter: 10_000, heartbeat: false });
    await clock.advance(3_600_000);
    expect(connection.state).toBe("open");
    await server.close();
    await clock.advance(7_000);
    expect(connection.state).toBe("waiting");
    await clock.advance(10_000);
    expect((await connection.closed).code).toBe("WS_ERR_GAVE_UP");
  });
});

describe("messages", () => {
  test("are dropped without a connection, by default", async () => {
    const { connection } = start();
    expect(connection.send("a")).toBe("dropped");
    expect(() => connection.send(7 as never)).toThrow(TypeError);
    expect(connection.queuedAmount).toBe(0);
  });

  test("are queued within bounds, sent once in order after onConnect, and reported if dropped", async () => {
    const received: unknown[] = [];
    const dropped: unknown[] = [];
    const { connection } = start({
      queue: { maxBytes: 10, maxTime: 20_000 },
      onDropped: (data, reason) => void dropped.push([data, reason]),
      async onConnect(socket) {
        socket.send("subscribe");
        await Promise.resolve();
      },
    });
    expect(connection.send("old")).toBe("queued");
    await clock.advance(20_001);
    const bytes = Uint8Array.of(1, 2);
    expect(connection.send("äö")).toBe("queued");
    expect(connection.send(bytes)).toBe("queued");
    expect(connection.queuedAmount).toBe(6);
    bytes.fill(9);
    expect(connection.send("12345")).toBe("dropped");
    await using _server = await network.serve({
      message: (_socket, data) => void received.push(data),
    });
    connection.retryNow();
    await settle();
    expect(connection.send("live")).toBe("sent");
    await settle();
    expect(received).toEqual(["subscribe", "äö", Uint8Array.of(1, 2), "live"]);
    expect(dropped).toEqual([
      ["old", "expired"],
      ["12345", "full"],
    ]);
  });

  test("what is queued when it is closed is reported", async () => {
    const dropped: unknown[] = [];
    const { connection } = start({
      queue: true,
      onDropped: (data, reason) => void dropped.push([data, reason]),
    });
    connection.send("a");
    connection.close();
    expect(dropped).toEqual([["a", "closed"]]);
    expect(connection.send("b")).toBe("dropped");
  });

  test("nothing is sent twice and the order holds, however connections are cut", async () => {
    const cut = fc.integer({ min: 150, max: 600 });
    await fc.assert(
      fc.asyncProperty(fc.array(cut, { maxLength: 6 }), async (cuts) => {
        const received: number[] = [];
        const network = createNetwork();
        const server = await network.serve({
          message: (_socket, data) => void received.push(Number(data)),
        });
        let count = 0;
        const left = [...cuts];
        const connection = network.reconnecting("ws://test/", { queue: true });
        open.push(connection);
        for (let number = 0; number < 40; number++) {
          connection.send(`${number}`.padStart(20));
          await clock.advance(200);
          const link = network.links.at(-1);
          const next = left[0];
          if (link !== undefined && next !== undefined && link.toServer.writtenLength > next) {
            left.shift();
            count++;
            link.reset();
          }
        }
        await clock.advance(60_000);
        expect(received).toEqual([...new Set(received)].sort((a, b) => a - b));
        // A message that was on its way may be lost with each connection.
        expect(received.length).toBeGreaterThanOrEqual(40 - count);
        connection.close();
        await server.close();
      }),
      { numRuns: 10 },
    );
  });
});

describe("onConnect", () => {
  test("is called for each connection before it is ready", async () => {
    const log: string[] = [];
    await using _server = await network.serve({
      message: (_socket, data) => void log.push(`${data}`),
    });
    const { connection } = start({
      async onConnect(socket) {
        socket.send("subscribe");
        await new Promise((resolve) => setTimeout(resolve, 50));
        log.push(connection.state);
      },
    });
    const ready = connection.ready.then(() => log.push("ready"));
    await clock.advance(50);
    await ready;
    network.links[0].reset();
    await clock.advance(1_000);
    expect(log).toEqual(["subscribe", "connecting", "ready", "subscribe", "connecting"]);
    expect(connection.state).toBe("open");
  });

  test("that fails counts as a failed try", async () => {
    const errors: unknown[] = [];
    await using server = await network.serve();
    const { connection } = start({
      maxTries: 2,
      onConnect: () => Promise.reject(new Error("no")),
      error: (error) => void errors.push(error),
    });
    await clock.advance(10_000);
    expect(await connection.closed).toMatchObject({
      code: "WS_ERR_GAVE_UP",
      failure: { error: new Error("no") },
    });
    expect(errors).toEqual([new Error("no"), new Error("no")]);
    expect(server.clients.size).toBe(0);
  });

  test("that never ends does not outlive its connection", async () => {
    await using _server = await network.serve();
    let calls = 0;
    const { connection } = start({
      onConnect: () => (++calls === 1 ? new Promise(() => {}) : undefined),
    });
    await clock.advance(100);
    network.links[0].reset();
    await clock.advance(1_000);
    expect([connection.state, calls]).toEqual(["open", 2]);
  });
});

describe("sleep", () => {
  test("a connection that died meanwhile is found by a Ping within 5 seconds", async () => {
    await network.serve();
    const { connection, states } = start({ heartbeat: false });
    await clock.advance(60_000);
    network.links[0].lose();
    await clock.sleep(3_600_000);
    await clock.advance(6_000);
    expect(states()).toBe("connecting open waiting connecting open");
    expect(connection.state).toBe("open");
  });

  test("one that lives stays", async () => {
    await using server = await network.serve();
    const pongs: Uint8Array[] = [];
    const { connection } = start({ heartbeat: false, pong: (_s, data) => void pongs.push(data) });
    await clock.advance(60_000);
    await clock.sleep(3_600_000);
    await clock.advance(60_000);
    connection.retryNow();
    await clock.advance(60_000);
    expect([connection.state, server.stats().accepted, pongs.length]).toEqual(["open", 1, 0]);
    connection.socket?.ping(Uint8Array.of(1));
    await settle();
    expect(pongs).toEqual([Uint8Array.of(1)]);
  });

  test("online events try at once and are no longer listened to when it is closed", async () => {
    const target = new EventTarget();
    const scope = globalThis as { addEventListener?: unknown; removeEventListener?: unknown };
    const { addEventListener, removeEventListener } = scope;
    const listened: string[] = [];
    scope.addEventListener = (type: string, listener: () => void) => {
      listened.push(`+${type}`);
      target.addEventListener(type, listener);
    };
    scope.removeEventListener = (type: string, listener: () => void) => {
      listened.push(`-${type}`);
      target.removeEventListener(type, listener);
    };
    try {
      const { connection } = start({ minDelay: 30_000 });
      await clock.advance(0);
      await using _server = await network.serve();
      target.dispatchEvent(new Event("online"));
      await settle();
      expect(connection.state).toBe("open");
      connection.close();
      await connection.closed;
      expect(listened).toEqual(["+online", "-online"]);
    } finally {
      Object.assign(scope, { addEventListener, removeEventListener });
    }
  });
});

describe("close", () => {
  test("closes the connection, and nothing is tried any more", async () => {
    await using server = await network.serve();
    const { connection, states } = start();
    const socket = await connection.ready;
    connection.close(1000, "done");
    expect(connection.state).toBe("closed");
    expect((await connection.closed).code).toBe("WS_ERR_CLOSED");
    expect(await socket.closed).toMatchObject({ statusCode: 1000, reason: "done" });
    await clock.advance(60_000);
    expect(states()).toBe("connecting open closed");
    expect(server.stats().accepted).toBe(1);
  });

  test("ends a try that is under way, and one that waits", async () => {
    await using server = await network.serve({ accept: () => new Promise<undefined>(() => {}) });
    const pending = start();
    await settle();
    pending.connection.close();
    const waiting = network.reconnecting("ws://test:1/");
    await settle();
    waiting.close();
    const early = network.reconnecting("ws://test/");
    early.close();
    await clock.advance(60_000);
    for (const connection of [pending.connection, waiting, early])
      expect((await connection.closed).code).toBe("WS_ERR_CLOSED");
    expect(server.stats().accepted).toBe(0);
    expect(network.links.length).toBe(0);
    // Those of the server alone.
    await server.close();
    expect(clock.waiting).toBe(0);
  });
});

import { pair, settle, TestClock } from "@framewright/websocket/testing";
import fc from "fast-check";
import { expect, test, vi } from "vitest";

test("both sockets speak with each other, each with its handlers and data", async () => {
  const log: unknown[] = [];
  const { client, server, link, close } = await pair({
    server: {
      accept: (request) => request.path,
      open: (socket) => void log.push(socket.data),
      message: (socket, data) => void socket.send(`${data}!`),
    },
    client: { data: 7, message: (socket, data) => void log.push(socket.data, data) },
    url: "ws://any.test/room",
  });
  client.send("hello");
  await settle();
  expect(log).toEqual(["/room", 7, "hello!"]);
  expect([server.data, link.isOpen]).toEqual(["/room", true]);
  await close();
  expect((await client.closed).statusCode).toBe(1001);
  expect(link.isOpen).toBe(false);
});

test("handlers may be methods of a class", async () => {
  class Echo {
    readonly received: unknown[] = [];
    message(_socket: unknown, data: unknown) {
      this.received.push(data);
    }
  }
  const echo = new Echo();
  await using both = await pair({ server: echo });
  both.client.send("a");
  await settle();
  expect(echo.received).toEqual(["a"]);
});

test("nothing is left when either of them has closed", async () => {
  using clock = TestClock.install();
  for (const side of ["client", "server"] as const) {
    const { [side]: socket, client, server } = await pair();
    socket.close(1000);
    await settle();
    expect([client.readyState, server.readyState]).toEqual(["closed", "closed"]);
    await clock.advance(60_000);
    expect(clock.waiting).toBe(0);
  }
});

test("an opening handshake that fails rejects, and nothing is left", async () => {
  using clock = TestClock.install();
  const failed = pair({ link: { toClient: { cut: { after: 20, kind: "reset" } } } });
  await expect(failed).rejects.toMatchObject({ code: "WS_ERR_HANDSHAKE_INCOMPLETE" });
  await clock.advance(60_000);
  expect(clock.waiting).toBe(0);
});

test("the heartbeat finds a peer that is gone, by the clock", async () => {
  using clock = TestClock.install();
  const { client, server, link } = await pair();
  await clock.advance(600_000);
  expect([client.readyState, server.readyState]).toEqual(["open", "open"]);
  link.lose();
  await clock.advance(60_000);
  for (const socket of [client, server]) {
    const error = { code: "WS_ERR_HEARTBEAT_TIMEOUT" };
    expect(await socket.closed).toMatchObject({ statusCode: 1006, error });
  }
});

test("messages arrive whatever the chunks are", async () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(lengths, lengths, async (toServer, toClient) => {
      const received: unknown[] = [];
      await using both = await pair({
        server: { message: (socket, data) => void socket.send(data) },
        client: { message: (_socket, data) => void received.push(data) },
        link: { toServer: { chunks: toServer }, toClient: { chunks: toClient } },
      });
      both.client.send("a".repeat(300));
      both.client.send("b");
      await settle();
      expect(received).toEqual(["a".repeat(300), "b"]);
    }),
  );
});

test("fake timers of a test runner move the heartbeat too", async () => {
  vi.useFakeTimers();
  try {
    const { client, server, link } = await pair();
    await vi.advanceTimersByTimeAsync(60_000);
    await settle();
    expect([client.readyState, server.readyState]).toEqual(["open", "open"]);
    link.lose();
    await vi.advanceTimersByTimeAsync(80_000);
    expect([client.readyState, server.readyState]).toEqual(["closed", "closed"]);
  } finally {
    vi.useRealTimers();
  }
});

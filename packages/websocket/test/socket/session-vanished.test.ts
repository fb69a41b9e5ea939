import { describe, expect, onTestFinished, test, vi } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle, unmaskedFrame } from "../memory-transport.ts";

const closeTimeout = 30;

/** Resolves when the condition is true. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await settle();
}

/** A server whose message handler waits for `release`. */
async function slowServer(timeout = closeTimeout) {
  const events: unknown[] = [];
  const releases: (() => void)[] = [];
  const server = await memoryServer({
    closeTimeout: timeout,
    async message(socket, data) {
      const { length } = data;
      events.push(length < 100 ? data : length);
      await new Promise<void>((resolve) => releases.push(resolve));
      events.push(socket.send("done"));
    },
    close: (_socket, statusCode, _reason, wasClean) => void events.push([statusCode, wasClean]),
  });
  return { ...server, events, releases };
}

const long = [0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0, ...new Uint8Array(65_535)];

describe("while a handler does not settle", () => {
  test("a peer that ends the stream is disconnected after the close timeout", async () => {
    const { open, events, server } = await slowServer();
    const { peer, transport } = await open(maskedFrame(1, "a"));
    peer.transport.shutdown();
    await until(() => transport.destroyed);
    expect(events).toEqual(["a", [1006, false]]);
    expect(server.clients.size).toBe(0);
  });

  test("a reply is still sent before the close timeout", async () => {
    const { open, events, releases } = await slowServer(10_000);
    const { peer } = await open(maskedFrame(1, "a"));
    peer.transport.shutdown();
    await settle();
    releases[0]();
    await settle();
    expect(events).toEqual(["a", "sent", [1006, false]]);
    expect(peer.take()).toEqual(unmaskedFrame(1, "done"));
  });

  test("messages received before the end are handled after the transport is destroyed", async () => {
    const { open, events, releases } = await slowServer();
    const { peer, transport } = await open(maskedFrame(1, "a"));
    peer.send([...maskedFrame(1, "b"), ...maskedFrame(1, "c")]);
    peer.transport.shutdown();
    await until(() => transport.destroyed);
    expect(events).toEqual(["a"]);
    for (const index of [0, 1, 2]) {
      releases[index]();
      await settle();
    }
    expect(events).toEqual(["a", "dropped", "b", "dropped", "c", "dropped", [1006, false]]);
  });

  test("drained resolves when the transport is destroyed", async () => {
    const events: string[] = [];
    const { open } = await memoryServer({
      closeTimeout,
      async message(socket, data) {
        socket.send("x".repeat(70_000));
        await socket.drained;
        events.push(`${data} ${socket.bufferedAmount}`);
      },
      close: () => void events.push("close"),
    });
    const { peer, transport } = await open();
    transport.capacity = 0;
    peer.send([...maskedFrame(1, "a"), ...maskedFrame(1, "b")]);
    peer.transport.shutdown();
    await until(() => events.includes("close"));
    expect(events).toEqual(["a 0", "b 0", "close"]);
  });

  test("a paused transport gets Pongs, to detect whether its peer is gone", async () => {
    const { open, events, releases } = await slowServer();
    const { peer, transport } = await open();
    peer.send(maskedFrame(1, "a"), long, long);
    await settle();
    expect(transport.paused).toBe(true);
    await until(() => peer.received.length >= 4);
    // Unsolicited Pongs (RFC 6455 section 5.5.3).
    expect(peer.take().slice(0, 4)).toEqual([...unmaskedFrame(10), ...unmaskedFrame(10)]);
    releases[0]();
    await settle();
    releases[1]();
    await settle();
    expect(transport.paused).toBe(false);
    expect(events).toEqual(["a", "sent", 65_535, "sent", 65_535]);
    peer.take();
    await new Promise((resolve) => setTimeout(resolve, closeTimeout * 3));
    expect(peer.take()).toEqual([]);
  });

  test("it gets no Pongs while other output waits", async () => {
    const { open } = await slowServer();
    const { peer, transport } = await open();
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    transport.capacity = 0;
    peer.send(maskedFrame(9, [7]), maskedFrame(1, "a"), long, long);
    await vi.advanceTimersByTimeAsync(1);
    expect(transport.paused).toBe(true);
    await vi.advanceTimersByTimeAsync(closeTimeout * 3);
    transport.allow(1_000);
    await vi.advanceTimersByTimeAsync(1);
    expect(peer.take()).toEqual(unmaskedFrame(10, [7]));
  });
});

test("the close timeout restarts whenever the peer reads earlier output", async () => {
  const closes: unknown[] = [];
  const { open, server } = await memoryServer({
    closeTimeout,
    close: (_socket, ...info) => void closes.push(info),
  });
  const { peer, transport } = await open();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  transport.capacity = 0;
  const [socket] = server.clients;
  socket.send(new Uint8Array(100_000));
  socket.close(1000);
  for (let i = 0; i < 30; i++) {
    await vi.advanceTimersByTimeAsync(closeTimeout - 1);
    transport.allow(3_000);
  }
  expect(closes).toEqual([]);
  transport.allow(20_000);
  await vi.advanceTimersByTimeAsync(closeTimeout - 1);
  expect(peer.received.length).toBe(100_000 + 10 + 4);
  peer.send(maskedFrame(8, [0x03, 0xe8]));
  peer.transport.shutdown();
  await vi.advanceTimersByTimeAsync(closeTimeout - 1);
  expect(closes).toEqual([[1000, "", true]]);
});

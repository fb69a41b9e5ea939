import type { ServeOptions, Socket } from "@framewright/websocket";
import { describe, expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle, upgradeRequest } from "../memory-transport.ts";

/** A server with one open socket whose transport accepts nothing. */
async function stalled(options: ServeOptions) {
  const events: unknown[] = [];
  const server = await memoryServer({
    heartbeat: false,
    message: () => {},
    drain: () => void events.push("drain"),
    dropped: (_socket, data) => void events.push(["dropped", data]),
    close: (_socket, statusCode) => void events.push(["close", statusCode]),
    ...options,
  });
  const { peer, transport } = await server.open();
  transport.capacity = 0;
  const [socket] = server.server.clients;
  return { ...server, peer, transport, socket: socket as Socket, events };
}

describe("maxBufferedAmount", () => {
  test("is 16 MiB by default: then the connection ends with 1006 and drops what waits", async () => {
    const { socket, events, transport } = await stalled({});
    const part = new Uint8Array(1_048_576);
    for (let i = 0; i < 15; i++) expect(socket.send(part)).toBe("queued");
    expect(socket.send(new Uint8Array(1_048_576 - 15 * 10 - 14))).toBe("queued");
    expect(events).toEqual([]);
    expect(socket.send(new Uint8Array(1_000))).toBe("dropped");
    expect(events).toEqual([["close", 1006]]);
    expect(transport.destroyed).toBe(true);
    expect(socket.bufferedAmount).toBe(0);
    expect(await socket.closed).toMatchObject({
      statusCode: 1006,
      wasClean: false,
      error: { name: "TerminationError", code: "WS_ERR_PEER_TOO_SLOW" },
    });
  });

  test.each([
    ["bytes", new Uint8Array(1_000), 1_000],
    ["ASCII", "x".repeat(1_000), 1_000],
    ["text of 3 bytes a character", "€".repeat(300), 900],
    ["lone surrogates", "\ud800".repeat(300), 900],
  ])("counts the bytes that are sent: %s", async (_, message, length) => {
    const { socket, events } = await stalled({ maxBufferedAmount: 10_000, whenFull: "drop" });
    let queued = 0;
    while (socket.send(message) !== "dropped") queued++;
    expect(socket.bufferedAmount).toBe(queued * (length + 4));
    expect(socket.bufferedAmount).toBeLessThanOrEqual(10_000);
    expect(socket.bufferedAmount).toBeGreaterThan(10_000 - length - 14);
    expect(events).toEqual([["dropped", message]]);
    expect(socket.send("x".repeat(10_001))).toBe("dropped");
    expect(socket.readyState).toBe("open");
  });

  test("a longer message is sent by `open`, while the handshake response still waits", async () => {
    const results: string[] = [];
    const { dial } = await memoryServer({
      maxBufferedAmount: 1_000,
      open(socket) {
        expect(socket.bufferedAmount).toBeGreaterThan(0);
        results.push(socket.send(new Uint8Array(100_000)));
        results.push(socket.send("more"));
      },
      close: (_, statusCode) => void results.push(`close ${statusCode}`),
    });
    const { peer, transport } = dial();
    transport.capacity = 0;
    peer.send(upgradeRequest());
    await settle();
    // The next message has a longer one before it.
    expect(results).toEqual(["queued", "close 1006", "dropped"]);
  });

  test("a longer message is sent when nothing else waits", async () => {
    const { socket, transport, events } = await stalled({ maxBufferedAmount: 100 });
    expect(socket.send(new Uint8Array(100_000))).toBe("queued");
    transport.allow(100_010);
    await settle();
    expect(socket.send(new Uint8Array(50))).toBe("sent");
    await settle();
    expect(socket.send(new Uint8Array(100_000))).toBe("dropped");
    expect(events.at(-1)).toEqual(["close", 1006]);
  });

  test("a burst that the transport accepts is never too much", async () => {
    const { socket, transport, events } = await stalled({ maxBufferedAmount: 10_000 });
    transport.allow(Number.POSITIVE_INFINITY);
    for (let i = 0; i < 1_000; i++) socket.send(new Uint8Array(1_000));
    await settle();
    expect([events, socket.bufferedAmount]).toEqual([[], 0]);
  });

  test("Pongs and the Close frame are never dropped", async () => {
    const { socket, peer, transport, events } = await stalled({
      maxBufferedAmount: 1_000,
      whenFull: "drop",
    });
    socket.send(new Uint8Array(900));
    expect(socket.send(new Uint8Array(900))).toBe("dropped");
    peer.send(maskedFrame(9, "hi"));
    await settle();
    expect(socket.ping()).toBe("sent");
    socket.close(1000);
    expect(socket.send(new Uint8Array(900))).toBe("dropped");
    transport.allow(10_000);
    await settle();
    expect(peer.take().slice(904)).toEqual([0x8a, 2, 0x68, 0x69, 0x89, 0, 0x88, 2, 0x03, 0xe8]);
    // A message that is dropped because the connection is closing is not reported.
    expect(events.length).toBe(1);
  });

  test("a broadcast ends slow sockets or passes over them, and names these", async () => {
    for (const whenFull of ["terminate", "drop"] as const) {
      const { server, open, socket, events } = await stalled({
        maxBufferedAmount: 1_000,
        whenFull,
      });
      const { peer } = await open();
      for (let i = 0; i < 3; i++) {
        const result = server.broadcast("x".repeat(600));
        if (i === 0) expect(result).toEqual({ sent: 2, dropped: 0 });
        else if (whenFull === "drop" || i === 1) {
          expect(result).toEqual({ sent: 1, dropped: 1, skipped: [socket] });
        } else expect(result).toEqual({ sent: 1, dropped: 0 });
        await settle();
      }
      expect(peer.take().length).toBe(3 * 604);
      const told = events.map((event) => (event as unknown[])[0]);
      expect(told).toEqual(whenFull === "drop" ? ["dropped", "dropped"] : ["close"]);
    }
  });

  test("a broadcast with its own limit reports what it does not send", async () => {
    const { server, socket, events } = await stalled({});
    socket.send(new Uint8Array(600));
    expect(server.broadcast("x", { maxBufferedAmount: 500 })).toEqual({
      sent: 0,
      dropped: 1,
      skipped: [socket],
    });
    expect(events.length).toBe(1);
  });
});

describe("drain", () => {
  test("is called each time the buffered amount falls to a quarter of the high-water mark", async () => {
    const { socket, transport, events } = await stalled({});
    for (let round = 1; round <= 2; round++) {
      expect(socket.send(new Uint8Array(65_000))).toBe("sent");
      expect(socket.send(new Uint8Array(65_000))).toBe("queued");
      let resolved = false;
      void socket.drained.then(() => {
        resolved = true;
      });
      transport.allow(2 * 65_004 - 16_385);
      await settle();
      expect([socket.bufferedAmount, events.length, resolved]).toEqual([16_385, round - 1, false]);
      transport.allow(1);
      await settle();
      expect([socket.bufferedAmount, events.length, resolved]).toEqual([16_384, round, true]);
      transport.allow(16_384);
      await settle();
      expect([socket.bufferedAmount, events.length]).toEqual([0, round]);
      await socket.drained;
    }
  });

  test("marks can be chosen", async () => {
    const { socket, transport, events } = await stalled({ highWaterMark: 100, lowWaterMark: 0 });
    expect([socket.send(new Uint8Array(90)), socket.send(new Uint8Array(90))]).toEqual([
      "sent",
      "queued",
    ]);
    transport.allow(183);
    await settle();
    expect([socket.bufferedAmount, events]).toEqual([1, []]);
    transport.allow(1);
    await settle();
    expect(events).toEqual(["drain"]);
  });
});

import type { CloseInfo, ServeOptions, Socket } from "@framewright/websocket";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { ServerHandshakeSettings } from "../../src/server/handshake-settings.ts";
import { memoryServer } from "../memory-server.ts";
import {
  type MemoryTransport,
  maskedFrame,
  type RawPeer,
  unmaskedFrame,
} from "../memory-transport.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

interface SettingsHolder {
  readonly settings: ServerHandshakeSettings<undefined>;
}

interface Counted {
  readonly count: number;
}

interface Opened {
  readonly peer: RawPeer;
  readonly transport: MemoryTransport;
  readonly socket: Socket;
  /** How the connection ended; undefined while it is open. */
  readonly info: () => CloseInfo | undefined;
  /** Number of sockets that the server's timers watch. */
  readonly watched: () => number;
}

async function open(options: ServeOptions): Promise<Opened> {
  const server = await memoryServer({ message: () => {}, ...options });
  const opening = server.open();
  await pass(5);
  const { peer, transport } = await opening;
  const [socket] = server.server.clients;
  let info: CloseInfo | undefined;
  socket.closed.then((how) => {
    info = how;
  });
  const { shared } = (server.server as unknown as SettingsHolder).settings;
  const watched = () =>
    [...shared.lives.values()].reduce((sum, life) => sum + (life as unknown as Counted).count, 0);
  return { peer, transport, socket, info: () => info, watched };
}

/** Removes the peer's received bytes, which must be one Ping, and returns its payload. */
function takePing(peer: RawPeer): number[] {
  const bytes = peer.take();
  expect(bytes.slice(0, 2)).toEqual([0x89, 4]);
  expect(bytes.length).toBe(6);
  return bytes.slice(2);
}

const heartbeat = { interval: 1_600, timeout: 800 };
/** The longest that a duration can be exceeded: ticks of the shortest of them, and `settle`. */
const tolerance = 2 * (800 / 16) + 10;

describe("heartbeat", () => {
  test("is on by default: a Ping after 25 seconds of silence, and the end 20 seconds later", async () => {
    const { peer, info } = await open({});
    await pass(24_900);
    expect(peer.take()).toEqual([]);
    await pass(2_600);
    takePing(peer);
    await pass(19_000);
    expect(info()).toBe(undefined);
    await pass(4_000);
    expect(info()).toMatchObject({ statusCode: 1006, wasClean: false });
    expect(info()?.error).toMatchObject({ code: "WS_ERR_HEARTBEAT_TIMEOUT" });
  });

  test("a Pong keeps the connection, and is the next Ping's latency", async () => {
    const { peer, socket, info } = await open({ heartbeat });
    expect(socket.latency).toBe(undefined);
    for (const latency of [3, 250]) {
      await pass(1_600 + tolerance);
      const payload = takePing(peer);
      await pass(latency);
      peer.send(maskedFrame(10, payload));
      await pass(0);
      expect(socket.latency).toBeGreaterThanOrEqual(latency);
      expect(socket.latency).toBeLessThan(latency + 2 * tolerance);
      const { latency: measured } = socket;
      peer.send(maskedFrame(10, payload));
      await pass(1);
      expect(socket.latency).toBe(measured);
    }
    expect(info()).toBe(undefined);
  });

  test("a Pong also counts when the timeout is longer than the interval", async () => {
    const { peer, info } = await open({ heartbeat: { interval: 800, timeout: 1_600 } });
    for (let i = 0; i < 5; i++) {
      await pass(800 + tolerance);
      peer.send(maskedFrame(10, takePing(peer)));
    }
    await pass(800 + tolerance);
    expect(info()).toBe(undefined);
    takePing(peer);
    await pass(1_600 + tolerance);
    expect(info()?.error).toMatchObject({ code: "WS_ERR_HEARTBEAT_TIMEOUT" });
  });

  test("any byte is life, also of a message that has not arrived yet", async () => {
    const { peer, info } = await open({ heartbeat });
    peer.send([0x82, 0xfe, 0xff, 0xff, 0, 0, 0, 0]);
    for (let i = 0; i < 10; i++) {
      await pass(1_500);
      peer.send([i]);
    }
    await pass(1);
    expect([peer.take(), info()]).toEqual([[], undefined]);
    await pass(1_600 + tolerance);
    takePing(peer);
    await pass(700);
    peer.send([0]);
    await pass(1_400);
    expect([peer.take(), info()]).toEqual([[], undefined]);
  });

  test("sending is no life: a peer that only receives is found", async () => {
    const { socket, info } = await open({ heartbeat });
    for (let i = 0; i < 30; i++) {
      socket.send("tick");
      await pass(100);
    }
    expect(info()?.error).toMatchObject({ code: "WS_ERR_HEARTBEAT_TIMEOUT" });
  });

  test("Pongs that answer nothing go to the handler, and those of the heartbeat do not", async () => {
    const pongs: number[][] = [];
    const { peer, socket } = await open({
      heartbeat,
      pong: (_socket, payload) => void pongs.push([...payload]),
    });
    peer.send(maskedFrame(10, [1, 2, 3, 4]));
    await pass(1_600 + tolerance);
    const payload = takePing(peer);
    peer.send(maskedFrame(10, [...payload.slice(0, 3), payload[3] ^ 1]), maskedFrame(10));
    await pass(1);
    expect(socket.latency).toBe(undefined);
    peer.send(maskedFrame(10, payload));
    await pass(1);
    expect(pongs).toEqual([[1, 2, 3, 4], [...payload.slice(0, 3), payload[3] ^ 1], []]);
    expect(socket.latency).toBeGreaterThanOrEqual(0);
  });

  test("the timeout starts when the Ping has been written", async () => {
    const { peer, transport, socket, info } = await open({ heartbeat });
    transport.capacity = 0;
    socket.send(new Uint8Array(1_000));
    for (let i = 0; i < 5; i++) {
      await pass(2_000);
      expect(info()).toBe(undefined);
      transport.allow(1); // the peer still reads
    }
    transport.allow(1_004);
    await pass(2_000);
    expect(info()).toBe(undefined);
    transport.allow(1);
    await pass(800 - 1);
    expect(info()).toBe(undefined);
    expect(peer.take().slice(1_004, 1_006)).toEqual([0x89, 4]);
    await pass(3 * tolerance);
    expect(info()?.error).toMatchObject({ code: "WS_ERR_HEARTBEAT_TIMEOUT" });
  });

  test("a peer that reads nothing is given up, although its Ping cannot be written", async () => {
    const { transport, socket, info, watched } = await open({ heartbeat });
    transport.capacity = 0;
    socket.send(new Uint8Array(1_000));
    await pass(1_600 + 2_400 - 100);
    expect(info()).toBe(undefined);
    await pass(100 + 3 * tolerance);
    expect(info()?.error).toMatchObject({ code: "WS_ERR_HEARTBEAT_TIMEOUT" });
    expect(watched()).toBe(0);
  });

  test("a long write that makes no visible progress gets more time", async () => {
    const { transport, socket, info } = await open({ heartbeat });
    Object.defineProperty(transport, "pending", { value: 700_000 });
    socket.send(new Uint8Array(1_000));
    await pass(1_600 + 3 * 2_400 - 100);
    expect(info()).toBe(undefined);
    await pass(100 + 6 * tolerance);
    expect(info()?.error).toMatchObject({ code: "WS_ERR_HEARTBEAT_TIMEOUT" });
  });

  test.each([
    ["this endpoint is paused", { heartbeat }, true],
    ["answers are not awaited", { heartbeat: { interval: 1_600, timeout: false } as const }, false],
  ])("a peer that reads nothing is kept while %s", async (_, options, isPaused) => {
    const { peer, transport, socket, info } = await open(options);
    transport.capacity = 0;
    socket.send(new Uint8Array(1_000));
    if (isPaused) {
      socket.pause();
      peer.send([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], new Uint8Array(65_536));
    }
    await pass(30_000);
    expect([transport.paused, info()]).toEqual([isPaused, undefined]);
  });

  test("a late timer gives a peer time to show that it has read", async () => {
    const { transport, socket, info } = await open({ heartbeat });
    transport.capacity = 0;
    socket.send(new Uint8Array(1_000));
    await pass(1_600 + tolerance);
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + 5_000);
    vi.advanceTimersByTime(50);
    expect(info()).toBe(undefined);
    transport.allow(1);
    await pass(2_200);
    expect(info()).toBe(undefined);
    await pass(200 + 3 * tolerance);
    clock.mockRestore();
    expect(info()?.error).toMatchObject({ code: "WS_ERR_HEARTBEAT_TIMEOUT" });
  });

  test("the timeout rests while this endpoint does not read", async () => {
    const { peer, transport, socket, info } = await open({ heartbeat });
    socket.pause();
    peer.send([0x82, 0xff, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0], new Uint8Array(65_536));
    await pass(1);
    expect(transport.paused).toBe(true);
    await pass(30_000);
    expect(info()).toBe(undefined);
    socket.resume();
    await pass(1_600);
    expect(info()).toBe(undefined);
    await pass(800 + 4 * tolerance);
    expect(info()?.error).toMatchObject({ code: "WS_ERR_HEARTBEAT_TIMEOUT" });
  });

  test("what arrived while the event loop was blocked is read before the peer is given up", async () => {
    const { peer, info } = await open({ heartbeat });
    await pass(1_600 + tolerance);
    const payload = takePing(peer);
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, "now").mockImplementation(() => now() + 5_000);
    // The wheel's timer runs first, then what was received.
    vi.advanceTimersByTime(50);
    peer.send(maskedFrame(10, payload));
    await pass(1_500);
    expect(info()).toBe(undefined);
    await pass(1_600);
    clock.mockRestore();
    expect(info()?.error).toMatchObject({ code: "WS_ERR_HEARTBEAT_TIMEOUT" });
  });

  test("timeout: false only pings, once in an interval", async () => {
    const { peer, info } = await open({ heartbeat: { interval: 1_600, timeout: false } });
    for (let i = 0; i < 5; i++) {
      await pass(1_600 + 2 * tolerance);
      takePing(peer);
    }
    expect(info()).toBe(undefined);
  });

  test("false is none", async () => {
    const { peer, info } = await open({ heartbeat: false });
    await pass(1_000_000);
    expect([peer.take(), info()]).toEqual([[], undefined]);
  });

  test("ends with the connection", async () => {
    const { peer, transport } = await open({ heartbeat, closeTimeout: 60_000 });
    peer.send(maskedFrame(8, [0x03, 0xe8]));
    await pass(5_000);
    expect(peer.take()).toEqual(unmaskedFrame(8, [0x03, 0xe8]));
    peer.transport.shutdown();
    await pass(1);
    expect(transport.outputEnded).toBe(true);
    await pass(5_000);
    expect(peer.take()).toEqual([]);
  });
});

describe("idleTimeout", () => {
  test("closes with 1001 when no message passes, whatever else does", async () => {
    const { peer, info } = await open({ idleTimeout: 1_600, heartbeat });
    for (let i = 0; i < 15; i++) {
      await pass(100);
      peer.send(maskedFrame(9));
    }
    await pass(1);
    expect(info()).toBe(undefined);
    peer.take();
    await pass(100 + tolerance);
    expect(peer.take()).toEqual(unmaskedFrame(8, [0x03, 0xe9, ...Buffer.from("idle timeout")]));
  });

  test("messages in either direction restart it", async () => {
    const { peer, socket } = await open({ idleTimeout: 1_600 });
    for (let i = 0; i < 10; i++) {
      await pass(1_500);
      if (i % 2 === 0) socket.send("x");
      else peer.send(maskedFrame(1, "x"));
    }
    await pass(1);
    expect(socket.readyState).toBe("open");
    await pass(1_700);
    expect(socket.readyState).toBe("closing");
  });
});

test("maxLifetime closes with 1012, up to a tenth earlier", async () => {
  const ends: number[] = [];
  for (let i = 0; i < 20; i++) {
    const { peer, socket } = await open({ maxLifetime: 16_000 });
    const start = performance.now();
    while (socket.readyState === "open") {
      socket.send("x");
      await pass(100);
    }
    ends.push(performance.now() - start);
    expect(peer.take().slice(-20)).toEqual(
      unmaskedFrame(8, [0x03, 0xf4, ...Buffer.from("maximum lifetime")]).slice(-20),
    );
  }
  expect(Math.min(...ends)).toBeGreaterThan(14_300);
  expect(Math.max(...ends)).toBeLessThan(18_200);
  expect(new Set(ends).size).toBeGreaterThan(1);
});

test("a socket whose Ping ends the connection while it is written is not watched any more", async () => {
  const { info, watched } = await open({
    // The timeout matters: without it, a socket whose Ping is not answered gets another one.
    heartbeat,
    wire: (socket, direction) => void (direction === "out" && socket.terminate()),
  });
  await pass(1_600 + tolerance);
  expect(info()).toMatchObject({ statusCode: 1006 });
  await pass(60_000);
  expect(watched()).toBe(0);
});

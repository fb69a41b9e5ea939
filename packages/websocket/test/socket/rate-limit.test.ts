import type { ServeOptions, Socket } from "@framewright/websocket";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { FoundRoute } from "../../src/server/route.ts";
import type { Router } from "../../src/server/routes.ts";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame } from "../memory-transport.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);
const settle = () => pass(0);

/** A server with one open socket, which records messages. */
async function opened(options: ServeOptions) {
  const messages: string[] = [];
  const closes: unknown[] = [];
  const memory = await memoryServer({
    heartbeat: false,
    message: (_socket, data) => void messages.push(String(data)),
    close: (_socket, statusCode, reason) => void closes.push([statusCode, reason]),
    ...options,
  });
  const open = async () => {
    const opening = memory.open();
    await pass(5);
    return opening;
  };
  const { peer, transport } = await open();
  const [socket] = memory.server.clients;
  const send = async (...texts: string[]) => {
    peer.send(texts.flatMap((text) => [...maskedFrame(1, text)]));
    await settle();
  };
  return { ...memory, open, peer, transport, socket: socket as Socket, send, messages, closes };
}

describe("pause", () => {
  test("a burst is delivered at once, the rest at the rate, and nothing is lost", async () => {
    const { send, messages, server } = await opened({
      messageRate: { perSecond: 10, burst: 3 },
    });
    await send(..."abcdefg");
    expect(messages.join("")).toBe("abc");
    await pass(99);
    expect(messages.join("")).toBe("abc");
    await pass(1);
    expect(messages.join("")).toBe("abcd");
    await pass(200);
    expect(messages.join("")).toBe("abcdef");
    await pass(5_000);
    expect(messages.join("")).toBe("abcdefg");
    await send(..."hijk");
    expect(messages.join("")).toBe("abcdefghij");
    expect(server.stats().messageRateExceeded).toBeGreaterThan(0);
  });

  test("one message after the other at the rate is never held back", async () => {
    const { send, messages, server } = await opened({
      messageRate: { perSecond: 100, burst: 2 },
    });
    for (let index = 0; index < 50; index++) {
      await send("x");
      expect(messages.length).toBe(index + 1);
      await pass(10);
    }
    expect(server.stats().messageRateExceeded).toBe(0);
  });

  test("the peer is paused once 64 KiB wait", async () => {
    const { peer, transport, messages } = await opened({ messageRate: { perSecond: 1 } });
    for (let index = 0; index < 5; index++)
      peer.send([0x82, 0xfe, 0x75, 0x30, 0, 0, 0, 0], new Uint8Array(30_000));
    await settle();
    expect([messages.length, transport.paused]).toEqual([1, true]);
    for (let second = 2; second <= 5; second++) {
      await pass(1_000);
      expect(messages.length).toBe(second);
    }
    expect(transport.paused).toBe(false);
  });

  test("Pings, Pongs and the Close frame behind held messages wait with them, but are not counted", async () => {
    const { peer, send, messages, closes } = await opened({ messageRate: { perSecond: 1 } });
    peer.send([...maskedFrame(9, "1"), ...maskedFrame(10, "2"), ...maskedFrame(9, "3")]);
    await send("a");
    expect(messages).toEqual(["a"]);
    await send("b");
    peer.send(maskedFrame(8, [0x03, 0xe8]));
    await settle();
    expect([messages, closes]).toEqual([["a"], []]);
    await pass(1_000);
    expect(messages).toEqual(["a", "b"]);
    await pass(1_000);
    peer.transport.destroy();
    await settle();
    expect(closes).toEqual([[1_000, ""]]);
  });

  test("for await is limited too", async () => {
    const { send, socket } = await opened({
      message: undefined,
      messageRate: { perSecond: 1 },
    } as never);
    const read: unknown[] = [];
    void (async () => {
      for await (const message of socket) read.push(message);
    })();
    await send("a", "b");
    expect(read).toEqual(["a"]);
    await pass(1_000);
    expect(read).toEqual(["a", "b"]);
  });

  test("after our Close frame nothing is held back", async () => {
    const { peer, send, socket, messages, closes } = await opened({
      messageRate: { perSecond: 1 },
    });
    await send("a", "b", "c");
    socket.close(1_000);
    peer.send(maskedFrame(8, [0x03, 0xe8]));
    peer.transport.shutdown();
    await settle();
    expect([messages.join(""), closes]).toEqual(["abc", [[1_000, ""]]]);
  });

  test("nothing is kept of sockets that are gone", async () => {
    const { send, socket, server } = await opened({ messageRate: { perSecond: 1 } });
    const { router } = (server as never as { settings: { router: Router<unknown> } }).settings;
    const { rate } = (router.find("/") as FoundRoute<unknown>).route.socket;
    const { counts, paused } = rate as unknown as {
      counts: { size: number };
      paused: { size: number };
    };
    await send("a", "b");
    expect([counts.size, paused.size]).toEqual([1, 1]);
    socket.terminate();
    expect([counts.size, paused.size]).toEqual([0, 0]);
  });
});

test("close: 1008, and the message and those behind it are not delivered", async () => {
  const { peer, send, messages, closes, server } = await opened({
    messageRate: { perSecond: 10, burst: 2, exceeded: "close" },
  });
  await send("a", "b");
  await pass(100);
  await send("c");
  expect([messages.join(""), peer.take()]).toEqual(["abc", []]);
  await send("d", "e");
  await send("f");
  await pass(1_000);
  await send("g");
  expect(messages.join("")).toBe("abc");
  expect(peer.take()).toEqual([
    0x88,
    19,
    0x03,
    0xf0,
    ...new TextEncoder().encode("too many messages"),
  ]);
  peer.send(maskedFrame(8, [0x03, 0xf0]));
  peer.transport.shutdown();
  await settle();
  expect(closes).toEqual([[1_008, ""]]);
  expect(server.stats().messageRateExceeded).toBe(1);
});

test("one peer's messages do not count for another", async () => {
  const { send, open, messages } = await opened({ messageRate: { perSecond: 1 } });
  const { peer } = await open();
  await send("a", "b");
  peer.send([...maskedFrame(1, "c"), ...maskedFrame(1, "d")]);
  await settle();
  expect(messages).toEqual(["a", "c"]);
});

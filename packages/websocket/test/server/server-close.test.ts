import type { ServeOptions, Socket } from "@framewright/websocket";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, type RawPeer, unmaskedFrame } from "../memory-transport.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const goingAway = [0x03, 0xe9];
const pass = (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds);

/** A server with some open sockets. */
async function serverWith(count: number, options: ServeOptions = {}) {
  const memory = await memoryServer({ heartbeat: false, message: () => {}, ...options });
  const peers: RawPeer[] = [];
  for (let i = 0; i < count; i++) {
    const opening = memory.open();
    await pass(5);
    peers.push((await opening).peer);
  }
  return { ...memory, peers };
}

/** Answers the Close frame and ends the stream. */
function answer(peer: RawPeer): void {
  peer.send(maskedFrame(8, goingAway));
  peer.transport.shutdown();
}

describe("server.close", () => {
  test("returns how many connections ended in time, and how many were terminated", async () => {
    const { server, peers } = await serverWith(3);
    const closing = server.close({ timeout: 100 });
    await pass(1);
    for (const peer of peers) expect(peer.take()).toEqual(unmaskedFrame(8, goingAway));
    answer(peers[0]);
    peers[1].transport.destroy();
    await pass(100);
    expect(await closing).toEqual({ closed: 2, terminated: 1 });
    expect(await server.close()).toEqual({ closed: 2, terminated: 1 });
  });

  test("a handler that runs may still send its reply, and no further one starts", async () => {
    const events: unknown[] = [];
    let release = () => {};
    const { server, peers } = await serverWith(1, {
      async message(socket, data) {
        events.push(data);
        await new Promise<void>((resolve) => {
          release = resolve;
        });
        events.push(socket.send(`reply to ${data}`));
      },
    });
    const [peer] = peers;
    peer.send([...maskedFrame(1, "a"), ...maskedFrame(1, "b")]);
    await pass(1);
    const closing = server.close();
    await pass(1_000);
    expect([events, peer.take()]).toEqual([["a"], []]);
    peer.send(maskedFrame(1, "c"));
    release();
    await pass(1);
    expect(peer.take()).toEqual([
      ...unmaskedFrame(1, "reply to a"),
      ...unmaskedFrame(8, goingAway),
    ]);
    answer(peer);
    expect(await closing).toEqual({ closed: 1, terminated: 0 });
    expect(events).toEqual(["a", "sent"]);
  });

  test("a handler that never settles is not waited for after the timeout", async () => {
    const { server, peers } = await serverWith(1, { message: () => new Promise(() => {}) });
    peers[0].send(maskedFrame(1, "a"));
    await pass(1);
    const closing = server.close({ timeout: 500 });
    await pass(500);
    expect(await closing).toEqual({ closed: 0, terminated: 1 });
  });

  test.each(["open", "message"])(
    "called by %s, it waits for that handler's reply as well",
    async (handler) => {
      let closing: Promise<unknown> | undefined;
      const { server, peers, open } = await serverWith(handler === "open" ? 0 : 1, {
        [handler](socket: Socket) {
          closing = server.close();
          socket.send("bye");
        },
      });
      if (handler === "open") {
        const opening = open();
        await pass(5);
        peers.push((await opening).peer);
      } else {
        peers[0].send([...maskedFrame(1, "a"), ...maskedFrame(1, "b")]);
      }
      await pass(1);
      expect(peers[0].take()).toEqual([...unmaskedFrame(1, "bye"), ...unmaskedFrame(8, goingAway)]);
      answer(peers[0]);
      await pass(1);
      expect(await closing).toEqual({ closed: 1, terminated: 0 });
    },
  );

  test("spreadOver sends the Close frames evenly, and the timeout follows", async () => {
    const { server, peers } = await serverWith(11);
    const closing = server.close({ spreadOver: 1_000, timeout: 300 });
    const told = () => peers.filter(({ received }) => received.length > 0).length;
    const counts: number[] = [];
    for (let i = 0; i <= 10; i++) {
      await pass(i === 0 ? 1 : 100);
      counts.push(told());
    }
    await pass(20);
    counts.push(told());
    expect(counts[0]).toBe(1);
    for (let i = 1; i <= 10; i++) expect(Math.abs(counts[i] - i)).toBeLessThanOrEqual(1);
    expect(counts[11]).toBe(11);
    for (const peer of peers.slice(0, 5)) answer(peer);
    await pass(350);
    expect(await closing).toEqual({ closed: 5, terminated: 6 });
  });

  test("spreadOver ends when nobody is connected any more", async () => {
    const { server, peers } = await serverWith(3);
    let closed = false;
    const closing = server.close({ spreadOver: 60_000 });
    void closing.then(() => {
      closed = true;
    });
    await pass(50);
    for (const peer of peers) peer.transport.shutdown();
    await pass(50);
    expect(closed).toBe(true);
    expect(await closing).toEqual({ closed: 3, terminated: 0 });
  });

  test("sockets that are not closed yet may send, but get no messages", async () => {
    const messages: unknown[] = [];
    const { server, peers } = await serverWith(2, {
      message: (_socket, data) => void messages.push(data),
    });
    const [, last] = [...server.clients] as Socket[];
    const closing = server.close({ spreadOver: 1_000 });
    await pass(100);
    expect(last.send("still here")).toBe("sent");
    peers[1].send(maskedFrame(1, "late"), maskedFrame(9, "p"));
    await pass(1);
    expect(messages).toEqual([]);
    expect(peers[1].take()).toEqual([
      ...unmaskedFrame(1, "still here"),
      ...unmaskedFrame(10, [0x70]),
    ]);
    for (const peer of peers) answer(peer);
    await pass(1_100);
    expect(await closing).toEqual({ closed: 2, terminated: 0 });
  });

  test.each([{ spreadOver: -1 }, { spreadOver: 0.5 }])(
    "refuses %j and stays open",
    async (options) => {
      const { server, listening } = await serverWith(0);
      await expect(server.close(options)).rejects.toThrow(RangeError);
      expect(listening()).toBe(true);
    },
  );
});

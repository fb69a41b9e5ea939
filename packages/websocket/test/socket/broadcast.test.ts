import { broadcast, prepare, type Socket } from "@framewright/websocket";
import { describe, expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { settle, unmaskedFrame } from "../memory-transport.ts";

/** A server with `count` clients, in the order in which they connected. */
async function serverWith(count: number) {
  const sockets: Socket[] = [];
  const { server, open } = await memoryServer({ open: (socket) => void sockets.push(socket) });
  const clients: Awaited<ReturnType<typeof open>>[] = [];
  for (let i = 0; i < count; i++) clients.push(await open());
  const received = async () => {
    await settle();
    return clients.map(({ peer }) => peer.take());
  };
  return { server, sockets, clients, received };
}

describe("broadcast", () => {
  test("reaches all clients with the same frame", async () => {
    const { server, received } = await serverWith(3);
    expect(server.broadcast("hello")).toEqual({ sent: 3, dropped: 0 });
    expect(await received()).toEqual(Array(3).fill(unmaskedFrame(1, "hello")));
    expect(server.broadcast(new Uint8Array([1, 2]))).toEqual({ sent: 3, dropped: 0 });
    expect(await received()).toEqual(Array(3).fill(unmaskedFrame(2, [1, 2])));
    expect(server.broadcast(prepare(new Uint8Array([3]).buffer))).toEqual({ sent: 3, dropped: 0 });
    expect(await received()).toEqual(Array(3).fill(unmaskedFrame(2, [3])));
  });

  test("excludes one socket, or a set or array of them", async () => {
    const { server, sockets, received } = await serverWith(3);
    expect(server.broadcast("x", { except: sockets[1] })).toEqual({ sent: 2, dropped: 0 });
    expect((await received()).map(({ length }) => length)).toEqual([3, 0, 3]);
    const except = new Set([sockets[0], sockets[2]]);
    expect(server.broadcast("x", { except: [...except] })).toEqual({ sent: 1, dropped: 0 });
    expect(server.broadcast("x", { except })).toEqual({ sent: 1, dropped: 0 });
    expect((await received()).map(({ length }) => length)).toEqual([0, 6, 0]);
  });

  test("sends to any sockets, such as those of a room", async () => {
    const { sockets, received } = await serverWith(3);
    expect(broadcast(sockets.slice(1), "room")).toEqual({ sent: 2, dropped: 0 });
    expect((await received()).map(({ length }) => length)).toEqual([0, 6, 6]);
  });

  test("skips and counts clients that do not read or are closing, and delays no other", async () => {
    const { server, sockets, clients, received } = await serverWith(3);
    clients[0].transport.capacity = 0;
    sockets[2].close(1000);
    await received();
    const message = prepare(new Uint8Array(1000));
    const limits = { maxBufferedAmount: 2000 };
    const results = [1, 2, 3, 4].map(() => server.broadcast(message, limits));
    expect(results.map(({ sent, dropped }) => [sent, dropped])).toEqual([
      [2, 1],
      [2, 1],
      [1, 2],
      [1, 2],
    ]);
    expect(sockets[0].bufferedAmount).toBe(2 * 1004);
    expect(sockets[1].offer(message, 2000)).toBe(true);
    expect([sockets[0].offer(message, 2000), sockets[2].offer(message, 2000)]).toEqual([
      false,
      false,
    ]);
    const [slow, fast, closing] = await received();
    expect([slow.length, fast.length, closing.length]).toEqual([0, 5 * 1004, 0]);
    // Waiting messages are sent whole once the peer reads.
    clients[0].transport.allow(Number.POSITIVE_INFINITY);
    const frame = [0x82, 126, 1000 >> 8, 1000 & 0xff, ...Array(1000).fill(0)];
    expect((await received())[0]).toEqual([...frame, ...frame]);
  });

  test("a prepared message is sent in order with others", async () => {
    const { sockets, received } = await serverWith(1);
    const message = prepare("two");
    for (const data of ["one", message, "three", message]) sockets[0].send(data);
    expect(await received()).toEqual([
      ["one", "two", "three", "two"].flatMap((text) => unmaskedFrame(1, text)),
    ]);
  });

  test("refuses invalid messages and limits before anything is sent", async () => {
    const { server, sockets, received } = await serverWith(1);
    const fault = (name: string) => expect.objectContaining({ name, code: expect.any(String) });
    for (const data of [undefined, null, 7, {}, [1]]) {
      expect(() => prepare(data as unknown as string)).toThrow(fault("TypeError"));
      expect(() => server.broadcast(data as unknown as string)).toThrow(fault("TypeError"));
      expect(() => sockets[0].send(data as unknown as string)).toThrow(fault("TypeError"));
    }
    expect(() => server.broadcast("x", { maxBufferedAmount: -1 })).toThrow(fault("RangeError"));
    expect(await received()).toEqual([[]]);
  });
});

describe("values of the wrong type are refused before anything is sent", () => {
  const detached = new ArrayBuffer(4);
  structuredClone(detached, { transfer: [detached] });

  test("offer: a limit that is no number", async () => {
    const { sockets, received } = await serverWith(1);
    for (const limit of [undefined, null, Number.NaN, "5", 5n, {}, Object.create(null)]) {
      expect(() => sockets[0].offer("x", limit as number)).toThrow(
        expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_ARGUMENT" }),
      );
    }
    expect(sockets[0].offer("x", Number.POSITIVE_INFINITY)).toBe(true);
    expect(await received()).toEqual([unmaskedFrame(1, "x")]);
  });

  test("a detached ArrayBuffer", async () => {
    const { server, sockets, received } = await serverWith(1);
    const fault = expect.objectContaining({ name: "TypeError", code: "WS_ERR_DETACHED_BYTES" });
    expect(() => sockets[0].send(detached)).toThrow(fault);
    expect(() => sockets[0].offer(detached, 10)).toThrow(fault);
    expect(() => server.broadcast(detached)).toThrow(fault);
    expect(() => prepare(detached)).toThrow(fault);
    expect((await received())[0]).toHaveLength(0);
  });

  test.each([null, 1, "x"])("options of broadcast and publish: %s", async (value) => {
    const { server, received } = await serverWith(1);
    const fault = expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_OPTION" });
    for (const options of [value, { except: value }]) {
      expect(() => server.broadcast("x", options as object)).toThrow(fault);
      expect(() => server.publish("topic", "x", options as object)).toThrow(fault);
    }
    expect((await received())[0]).toHaveLength(0);
  });
});

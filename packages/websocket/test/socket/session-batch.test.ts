import type { ServeOptions } from "@framewright/websocket";
import { type Transport, WriteBatch } from "@framewright/websocket/transport";
import { describe, expect, test } from "vitest";
import { type MemoryServer, memoryServer } from "../memory-server.ts";
import { maskedFrame, settle, unmaskedFrame } from "../memory-transport.ts";

type Peer = Awaited<ReturnType<MemoryServer<undefined>["open"]>>["peer"];

/**
 * A server with connections in memory, all of which are read before the batch ends, by hand.
 *
 * @param more - Properties of its transports.
 * @returns `read`, which sends frames as each peer and lets the server read them.
 */
async function batchingServer(
  options: ServeOptions<undefined>,
  more: Partial<Transport> = {},
  count = 4,
) {
  const turns: (() => void)[] = [];
  const clock = () => 0;
  const writeBatch = new WriteBatch((callback) => void turns.push(callback), clock);
  const { server, open } = await memoryServer(options, { writeBatch });
  const peers: Peer[] = [];
  for (let i = 0; i < count; i++) {
    const { peer, transport } = await open();
    peers.push(peer);
    Object.assign(transport, more);
  }
  const sockets = [...server.clients];
  // It only defers after it has not deferred for a while.
  while (!writeBatch.join({ flush() {} }));
  const read = async (...frames: number[][]) => {
    for (const peer of peers) peer.send(frames.flat());
    await settle();
  };
  const endTurn = async () => {
    for (const callback of turns.splice(0)) callback();
    await settle();
  };
  const received = () => peers.map((peer) => peer.take());
  return { server, peers, sockets, read, endTurn, received };
}

const all = <T>(value: T, count = 4): T[] => Array(count).fill(value);
const echo: ServeOptions<undefined> = { message: (socket, data) => void socket.send(data) };
const answer = unmaskedFrame(1, "a");

describe("with a batch of writes", () => {
  test("answers are written when all sockets have been read", async () => {
    const { read, endTurn, received, sockets } = await batchingServer(echo);
    await read(maskedFrame(1, "a"));
    expect(received()).toEqual(all([]));
    expect(sockets.map(({ bufferedAmount }) => bufferedAmount)).toEqual(all(answer.length));
    await endTurn();
    expect(received()).toEqual(all(answer));
    expect(sockets.map(({ bufferedAmount }) => bufferedAmount)).toEqual(all(0));
  });

  test("what is sent meanwhile follows in the same write, in order", async () => {
    const { read, endTurn, received, sockets } = await batchingServer(echo);
    await read(maskedFrame(1, "a"));
    await read(maskedFrame(1, "b"));
    for (const socket of sockets) socket.send("c");
    await settle();
    expect(received()).toEqual(all([]));
    await endTurn();
    expect(received()).toEqual(
      all([...answer, ...unmaskedFrame(1, "b"), ...unmaskedFrame(1, "c")]),
    );
  });

  test("answers of handlers that waited are written together too", async () => {
    const { read, endTurn, received } = await batchingServer({
      async message(socket, data) {
        await Promise.resolve();
        socket.send(data);
        socket.send("b");
      },
    });
    await read(maskedFrame(1, "a"));
    expect(received()).toEqual(all([]));
    await endTurn();
    expect(received()).toEqual(all([...answer, ...unmaskedFrame(1, "b")]));
  });

  test("answers on streams that share a socket are written at once", async () => {
    const { read, received } = await batchingServer(echo, { isMultiplexed: true });
    await read(maskedFrame(1, "a"));
    expect(received()).toEqual(all(answer));
  });

  test("long answers are written at once", async () => {
    const data = "a".repeat(4_093);
    const { read, received } = await batchingServer({
      message: (socket) => void socket.send(data),
    });
    await read(maskedFrame(1, "a"));
    expect(received().map((bytes) => bytes.length)).toEqual(all(4_097));
  });

  test("the answer to a Close frame is written at once, behind what waits", async () => {
    const { read, received } = await batchingServer(echo);
    await read(maskedFrame(1, "a"), maskedFrame(8, [0x03, 0xe8]));
    expect(received()).toEqual(all([...answer, ...unmaskedFrame(8, [0x03, 0xe8])]));
  });

  test("the answer to a Close frame of the next read is written at once too", async () => {
    const { read, received } = await batchingServer(echo);
    await read(maskedFrame(1, "a"));
    await read(maskedFrame(8, [0x03, 0xe8]));
    expect(received()).toEqual(all([...answer, ...unmaskedFrame(8, [0x03, 0xe8])]));
  });

  test("a peer that ends its direction gets its answers first", async () => {
    const { read, peers, received } = await batchingServer(echo);
    await read(maskedFrame(1, "a"));
    for (const { transport } of peers) transport.shutdown();
    await settle();
    expect(received().map((bytes) => bytes.slice(0, answer.length))).toEqual(all(answer));
  });

  test("a Close frame follows the answer that waits", async () => {
    const { read, endTurn, received, sockets } = await batchingServer(echo);
    await read(maskedFrame(1, "a"));
    for (const socket of sockets) socket.close(1000);
    await endTurn();
    expect(received()).toEqual(all([...answer, ...unmaskedFrame(8, [0x03, 0xe8])]));
  });

  test("terminate comes after the answer that waits, as without a batch", async () => {
    const { read, endTurn, received, sockets } = await batchingServer(echo);
    await read(maskedFrame(1, "a"));
    for (const socket of sockets) socket.terminate();
    await settle();
    expect(received()).toEqual(all(answer));
    await endTurn();
    expect(received()).toEqual(all([]));
  });

  test("a socket whose transport fails meanwhile is left out", async () => {
    const closed: number[] = [];
    const { read, endTurn, peers, received } = await batchingServer({
      ...echo,
      close: (_socket, statusCode) => void closed.push(statusCode),
    });
    await read(maskedFrame(1, "a"));
    peers[1].transport.destroy();
    await settle();
    await endTurn();
    expect(closed).toEqual([1006]);
    expect(received().map((bytes) => bytes.length)).toEqual([answer.length, 0, 3, 3]);
  });

  test("drain is called once the batch was written", async () => {
    const events: unknown[] = [];
    const { read, endTurn } = await batchingServer({
      highWaterMark: 1,
      lowWaterMark: 0,
      message: (socket, data) => void events.push(socket.send(data)),
      drain: () => void events.push("drain"),
    });
    await read(maskedFrame(1, "a"));
    expect(events).toEqual(all("queued"));
    await endTurn();
    expect(events).toEqual([...all("queued"), ...all("drain")]);
  });
});

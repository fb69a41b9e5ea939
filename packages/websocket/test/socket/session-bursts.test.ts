import { prepare, type Socket } from "@framewright/websocket";
import { expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { type RawPeer, settle } from "../memory-transport.ts";

const count = 600;

/** Opens sockets and returns them with what their peers have received. */
async function opened() {
  const { server, open } = await memoryServer({});
  const peers: RawPeer[] = [];
  for (let i = 0; i < count; i++) peers.push((await open()).peer);
  return { sockets: [...server.clients], received: () => peers.map((peer) => peer.take()) };
}

const waitingOf = (sockets: readonly Socket[]) =>
  sockets.filter(({ bufferedAmount }) => bufferedAmount > 0).length;
const frameLength = (length: number) => length + (length < 126 ? 2 : 4);

test.each([
  ["text", "a".repeat(1_024)],
  ["bytes", new Uint8Array(1_024).fill(97)],
])("a loop that sends %s to many sockets holds buffers for 256 KiB at most", async (_, message) => {
  const { sockets, received } = await opened();
  for (const socket of sockets) expect(socket.send(message)).toBe("sent");
  expect(waitingOf(sockets)).toBe(Math.floor(262_144 / frameLength(1_024)));
  await settle();
  for (const bytes of received()) {
    expect(bytes.length).toBe(frameLength(1_024));
    expect(bytes.slice(4).every((byte) => byte === 97)).toBe(true);
  }
  // The next turn has the whole of it again.
  sockets[0].send(message);
  expect(waitingOf(sockets)).toBe(1);
  await settle();
});

test.each([
  ["short messages", new Uint8Array(200), 200],
  ["a prepared message", prepare(new Uint8Array(1_024)), 1_024],
])("a loop that sends %s: all wait for the microtask", async (_, message, length) => {
  const { sockets, received } = await opened();
  for (const socket of sockets) socket.send(message);
  expect(waitingOf(sockets)).toBe(count);
  await settle();
  expect(new Set(received().map((bytes) => bytes.length))).toEqual(new Set([frameLength(length)]));
});

test("short messages that add up are written in between, in order", async () => {
  const { sockets, received } = await opened();
  for (let round = 0; round < 20; round++) {
    for (const socket of sockets) socket.send(new Uint8Array(100).fill(round));
  }
  const waiting = sockets.reduce((sum, { bufferedAmount }) => sum + bufferedAmount, 0);
  expect(waiting).toBeLessThan(262_144 + count * 256);
  await settle();
  const expected = Array.from({ length: 20 }, (_, round) => round);
  for (const bytes of received()) {
    expect(expected.map((round) => bytes[round * frameLength(100) + 2])).toEqual(expected);
  }
});

test("a burst to one socket is written in pieces of 64 KiB, however long it is", async () => {
  const { server, open } = await memoryServer({});
  const { transport } = await open();
  const [socket] = server.clients;
  const lengths: number[] = [];
  const { write } = transport;
  transport.write = (bytes) => {
    lengths.push(bytes.length);
    return write.call(transport, bytes);
  };
  for (let i = 0; i < 2_000; i++) socket.send(new Uint8Array(1_000));
  await settle();
  expect(lengths.reduce((sum, length) => sum + length)).toBe(2_000 * 1_004);
  expect(Math.min(...lengths.slice(0, -1))).toBeGreaterThanOrEqual(65_536);
});

test("bursts to several sockets at once are still written in long pieces", async () => {
  const { server, open } = await memoryServer({});
  const writes: number[] = [];
  for (let i = 0; i < 10; i++) {
    const { transport } = await open();
    const { write } = transport;
    transport.write = (bytes) => {
      writes.push(bytes.length);
      return write.call(transport, bytes);
    };
  }
  for (let i = 0; i < 1_000; i++) {
    for (const socket of server.clients) socket.send(new Uint8Array(1_000));
  }
  await settle();
  const sum = writes.reduce((sum, length) => sum + length);
  expect(sum).toBe(10 * 1_000 * 1_004);
  expect(sum / writes.length).toBeGreaterThan(16_384);
});

test("what waits for sockets that have ended is forgotten", async () => {
  for (let round = 0; round < 3; round++) {
    const { sockets } = await opened();
    for (const socket of sockets.slice(0, 200)) {
      socket.send(new Uint8Array(1_024));
      socket.terminate();
    }
    await settle();
    for (const socket of sockets.slice(200)) socket.send(new Uint8Array(1_024));
    expect(waitingOf(sockets)).toBe(Math.floor(262_144 / frameLength(1_024)));
    await settle();
  }
});

import { once } from "node:events";
import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import type { TransportListener } from "@framewright/websocket/transport";
import { afterEach, expect, test } from "vitest";
import { writeDirectly } from "../src/direct-writing.ts";
import { NodeTransport } from "../src/node-transport.ts";

const open: { destroy(): void }[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
});

/** Connects two sockets over TCP. */
async function socketPair(): Promise<{ socket: Socket; peer: Socket }> {
  const server = createServer({ allowHalfOpen: true, noDelay: true });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const peer = dial({ port: (server.address() as AddressInfo).port, allowHalfOpen: true });
  const [socket] = (await once(server, "connection")) as [Socket];
  server.close();
  open.push(socket, peer);
  peer.on("error", () => {});
  return { socket, peer };
}

/** Records the events of a transport, and counts the calls of its socket's `write`. */
function transportOf(socket: Socket) {
  const events: string[] = [];
  const waiting: (() => void)[] = [];
  const note = (event: string) => {
    events.push(event);
    for (const resume of waiting.splice(0)) resume();
  };
  const streamWrites: number[] = [];
  const { write } = socket;
  socket.write = ((...args: Parameters<typeof write>) => {
    streamWrites.push((args[0] as Uint8Array).length);
    return write.apply(socket, args);
  }) as typeof write;
  const transport = new NodeTransport(socket, false);
  const listener: TransportListener = {
    receive: () => note("receive"),
    drained: () => note("drained"),
    ended: () => note("ended"),
    failed: (error) => note(`failed ${(error as NodeJS.ErrnoException).code}`),
  };
  transport.listener = listener;
  const next = () => new Promise<void>((resolve) => waiting.push(resolve));
  return { transport, events, streamWrites, next };
}

const numbered = (length: number, from: number) =>
  Uint8Array.from({ length }, (_, index) => (index + from) % 251);

/** Writes until the operating system takes no more, and returns all bytes. */
function fill(transport: NodeTransport): Uint8Array {
  const written: Uint8Array[] = [];
  let total = 0;
  while (transport.pending === 0) {
    const bytes = numbered(100_003, total);
    expect(transport.write(bytes)).toBe(bytes.length);
    written.push(bytes);
    total += bytes.length;
  }
  return Buffer.concat(written);
}

test("what the system takes at once is written without the stream", async () => {
  const { socket, peer } = await socketPair();
  const { transport, streamWrites } = transportOf(socket);
  expect(transport.write(Uint8Array.of(1, 2, 3))).toBe(3);
  expect(transport.pending).toBe(0);
  const [bytes] = await once(peer, "data");
  expect([...bytes]).toEqual([1, 2, 3]);
  expect(streamWrites).toEqual([]);
  expect(socket.bytesWritten).toBe(3);
});

test("the rest waits, is reported when it is written, and comes before the end", async () => {
  const { socket, peer } = await socketPair();
  const { transport, events, streamWrites, next } = transportOf(socket);
  const sent = fill(transport);
  expect(transport.write(Uint8Array.of(1))).toBe(0);
  expect(events).toEqual([]);
  const received: Buffer[] = [];
  peer.on("data", (bytes) => received.push(bytes as Buffer));
  await next();
  expect(events).toEqual(["drained"]);
  expect(transport.pending).toBe(0);
  const more = fill(transport);
  transport.shutdown();
  expect(transport.write(Uint8Array.of(1))).toBe(0);
  await once(peer, "end");
  expect(Buffer.compare(Buffer.concat(received), Buffer.concat([sent, more]))).toBe(0);
  expect(streamWrites).toEqual([]);
  peer.end();
  await once(socket, "close");
  expect(events.filter((event) => event !== "drained")).toEqual(["ended"]);
});

test("a peer that is gone fails the transport once, whether or not a write waits", async () => {
  for (const waits of [true, false]) {
    const { socket, peer } = await socketPair();
    const { transport, events, next } = transportOf(socket);
    if (waits) fill(transport);
    else transport.write(Uint8Array.of(1));
    transport.pause();
    peer.resetAndDestroy();
    // Nothing is read, so that the write has to report it.
    const failed = next();
    const retry = setInterval(() => transport.write(Uint8Array.of(1)), 5);
    await failed;
    clearInterval(retry);
    if (!socket.closed) await once(socket, "close");
    expect(events).toHaveLength(1);
    expect(events[0]).toMatch(/^failed (ECONNRESET|EPIPE)$/);
    expect(transport.pending).toBe(0);
    expect(transport.write(Uint8Array.of(1))).toBe(0);
  }
});

test("after destroy, the write that waited reports nothing", async () => {
  const { socket, peer } = await socketPair();
  const { transport, events } = transportOf(socket);
  fill(transport);
  transport.destroy();
  peer.resume();
  await once(socket, "close");
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(events).toEqual([]);
  expect(transport.pending).toBe(0);
});

test("what others have written before goes out first", async () => {
  const { socket, peer } = await socketPair();
  const before = numbered(8_000_000, 0);
  socket.write(before);
  expect(socket.writableLength).toBeGreaterThan(0);
  const { transport, events, next } = transportOf(socket);
  expect(transport.write(Uint8Array.of(1))).toBe(0);
  const received: Buffer[] = [];
  peer.on("data", (bytes) => received.push(bytes as Buffer));
  await next();
  expect(events).toEqual(["drained"]);
  expect(transport.write(Uint8Array.of(252, 253))).toBe(2);
  transport.shutdown();
  await once(peer, "end");
  expect(
    Buffer.compare(Buffer.concat(received), Buffer.concat([before, Uint8Array.of(252, 253)])),
  ).toBe(0);
});

test("a write whose rest the system takes within the call uses its request alone", async () => {
  // The peer has to read during the call, so it is another thread.
  const code = `
    const { workerData, parentPort } = require("node:worker_threads");
    const socket = require("node:net").connect(workerData, "127.0.0.1");
    let sum = 0;
    socket.on("data", (bytes) => (sum += bytes.length)).on("end", () => parentPort.postMessage(sum));
  `;
  const server = createServer({ allowHalfOpen: true });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const workerData = (server.address() as AddressInfo).port;
  const worker = new Worker(code, { eval: true, workerData });
  const [socket] = (await once(server, "connection")) as [Socket];
  server.close();
  open.push(socket);
  const { transport, next } = transportOf(socket);
  const bytes = new Uint8Array(4_000_000);
  for (let i = 0; i < 100; i++) {
    expect(transport.write(bytes)).toBe(bytes.length);
    if (transport.pending > 0) await next();
  }
  transport.shutdown();
  const [sum] = await once(worker, "message");
  expect(sum).toBe(100 * bytes.length);
});

test("a socket with a timeout sees each write", async () => {
  const { socket, peer } = await socketPair();
  peer.resume();
  const { transport, streamWrites } = transportOf(socket);
  socket.setTimeout(60_000);
  expect(transport.write(Uint8Array.of(1))).toBe(1);
  expect(streamWrites).toEqual([1]);
  socket.setTimeout(0);
  expect(transport.write(Uint8Array.of(1, 2))).toBe(2);
  expect(streamWrites).toEqual([1]);
});

test("a destroyed socket is not written", async () => {
  const { socket } = await socketPair();
  expect(writeDirectly(socket, Uint8Array.of(1))).toBe(true);
  socket.destroy();
  expect(writeDirectly(socket, Uint8Array.of(1))).toBe(false);
});

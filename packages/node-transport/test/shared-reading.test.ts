import { once } from "node:events";
import { type AddressInfo, createServer, connect as dial, type Socket } from "node:net";
import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { NodeTransport } from "../src/node-transport.ts";
import { readBuffer, readShared } from "../src/shared-reading.ts";

test("accepted sockets read into shared memory, and can be paused", async () => {
  const chunks: string[] = [];
  const memory = new Set<ArrayBufferLike>();
  let done = () => {};
  const received = new Promise<void>((resolve) => {
    done = resolve;
  });
  function receive(this: Socket, length: number): boolean {
    const bytes = readBuffer.lastRead(length, false);
    chunks.push(Buffer.from(bytes).toString("latin1"));
    memory.add(bytes.buffer);
    if (chunks.join("").length === 10) done();
    return true;
  }
  const taken: boolean[] = [];
  const server = createServer((socket) => {
    taken.push(readShared(socket, receive));
    socket.pause();
    setTimeout(() => socket.resume(), 1);
    socket.on("end", () => socket.end());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  const clients = [dial(port, "127.0.0.1"), dial(port, "127.0.0.1")];
  for (const client of clients) client.end("hello");
  await received;
  expect(taken).toEqual([true, true]);
  expect(chunks).toEqual(["hello", "hello"]);
  expect(memory.size).toBe(1);
  server.close();
  await once(server, "close");
});

test("bytes of longer reads are erased, and the memory cannot be transferred", async () => {
  const views: Uint8Array[] = [];
  let done = () => {};
  const received = new Promise<void>((resolve) => {
    done = resolve;
  });
  function receive(this: Socket, length: number): boolean {
    const bytes = readBuffer.lastRead(length, true);
    expect(bytes.length).toBe(length);
    const others = new Uint8Array(bytes.buffer).slice();
    others.fill(0, bytes.byteOffset, bytes.byteOffset + length);
    expect(others.every((byte) => byte === 0)).toBe(true);
    expect(() => structuredClone(bytes, { transfer: [bytes.buffer as ArrayBuffer] })).toThrow();
    expect(() => (bytes.buffer as unknown as { transfer(): void }).transfer()).toThrow(TypeError);
    views.push(bytes);
    if (views.at(-1)?.[0] === 2) done();
    return true;
  }
  const server = createServer((socket) => {
    readShared(socket, receive);
    socket.on("end", () => socket.end());
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = dial((server.address() as AddressInfo).port, "127.0.0.1");
  client.write(Buffer.alloc(100_000, 1), () => setTimeout(() => client.end(Buffer.of(2)), 20));
  await received;
  expect(views.length).toBeGreaterThan(1);
  server.close();
  await once(server, "close");
});

test("a stream without a handle is read by data events", async () => {
  const stream = new PassThrough() as unknown as Socket;
  const transport = new NodeTransport(stream, false);
  const bytes = new Promise<Uint8Array>((receive) => {
    transport.listener = { receive, drained() {}, ended() {}, failed() {} };
  });
  stream.write("hello");
  expect(Buffer.from(await bytes).toString()).toBe("hello");
  transport.destroy();
});

test("bytes that Node has already read are delivered by data events", async () => {
  const server = createServer((socket) => {
    socket.once("readable", () => {
      const transport = new NodeTransport(socket, false);
      transport.listener = {
        receive: (bytes) => void socket.end(Buffer.from(bytes)),
        drained() {},
        ended() {},
        failed() {},
      };
      transport.resume();
    });
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = dial((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("hello");
  let answer = "";
  for await (const bytes of client) answer += String(bytes);
  expect(answer).toBe("hello");
  server.close();
});

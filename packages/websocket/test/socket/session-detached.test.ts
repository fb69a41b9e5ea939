import { type CloseInfo, prepare, type Socket } from "@framewright/websocket";
import { describe, expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle, unmaskedFrame } from "../memory-transport.ts";

/** Detaches a buffer from all of its views. */
const transfer = (buffer: ArrayBufferLike) =>
  void structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });

/** A server's socket whose peer does not read. */
async function stuckSocket() {
  let socket: Socket | undefined;
  const { open } = await memoryServer({
    open(opened) {
      socket ??= opened;
    },
    message: (opened, data) => void opened.send(data),
  });
  const { peer, transport } = await open();
  transport.capacity = 100;
  const other = await open();
  return { socket: socket as Socket, peer, transport, other };
}

async function expectBroken(closed: Promise<CloseInfo>): Promise<void> {
  expect(await closed).toMatchObject({
    statusCode: 1006,
    wasClean: false,
    error: { code: "WS_ERR_DETACHED_BYTES" },
  });
}

describe("sent bytes that are transferred", () => {
  test.each([0, 1, 2])("message %i of three: only its connection fails", async (which) => {
    const { transport, other, peer } = await stuckSocket();
    let socket: Socket | undefined;
    const { open } = await memoryServer({
      open(opened) {
        socket = opened;
      },
    });
    const stuck = await open();
    stuck.transport.capacity = 100;
    const messages = [1, 2, 3].map((value) => new Uint8Array(100_000).fill(value));
    for (const message of messages) socket?.send(message);
    await settle();
    transfer(messages[which].buffer);
    stuck.transport.allow(1_000_000);
    await settle();
    await expectBroken((socket as Socket).closed);
    expect(stuck.transport.destroyed).toBe(true);
    // The messages before it were sent whole.
    expect(stuck.peer.received.length).toBe(which === 0 ? 100 : which * 100_010 + 10);
    other.peer.send(maskedFrame(1, "still here"));
    await settle();
    expect(other.peer.take()).toEqual(unmaskedFrame(1, "still here"));
    expect([transport.destroyed, peer.hasEnded]).toEqual([false, false]);
  });

  test("a prepared message's frame", async () => {
    const { socket, transport } = await stuckSocket();
    const message = prepare(new Uint8Array(100_000));
    socket.send("first");
    socket.send(message);
    await settle();
    transfer(message.frame.buffer);
    transport.allow(1_000_000);
    await settle();
    await expectBroken(socket.closed);
    expect(() => socket.send(message)).toThrow(
      expect.objectContaining({ name: "TypeError", code: "WS_ERR_DETACHED_BYTES" }),
    );
  });

  test("transferred before send: throws", async () => {
    const { socket } = await stuckSocket();
    const message = new Uint8Array(10);
    transfer(message.buffer);
    expect(() => socket.send(message)).toThrow(
      expect.objectContaining({ name: "TypeError", code: "WS_ERR_DETACHED_BYTES" }),
    );
    expect(socket.readyState).toBe("open");
  });
});

test("resizable and shared memory is copied", async () => {
  const { socket, transport, peer } = await stuckSocket();
  const Resizable = ArrayBuffer as unknown as new (
    length: number,
    options: { maxByteLength: number },
  ) => ArrayBuffer & { resize(length: number): void };
  const resizable = new Resizable(70_000, { maxByteLength: 80_000 });
  const shared = new SharedArrayBuffer(70_000);
  socket.send(new Uint8Array(resizable).fill(1));
  socket.send(new Uint8Array(shared).fill(2));
  resizable.resize(10);
  new Uint8Array(shared).fill(3);
  transport.allow(1_000_000);
  await settle();
  const counts = [1, 2, 3].map((value) => peer.received.filter((byte) => byte === value).length);
  expect(counts[0]).toBeGreaterThanOrEqual(70_000);
  expect(counts[1]).toBeGreaterThanOrEqual(70_000);
  expect(counts[2]).toBeLessThan(10);
});

test("messages that wait for an iterator are intact if earlier ones are transferred", async () => {
  let socket: Socket | undefined;
  const { open } = await memoryServer({
    open(opened) {
      socket = opened;
    },
  });
  const { peer } = await open();
  const count = 670;
  const frames = Array.from({ length: count }, (_, i) => maskedFrame(2, Array(120).fill(i % 251)));
  peer.send(frames.flat());
  await settle();
  let index = 0;
  for await (const message of socket as Socket) {
    const bytes = message as Uint8Array;
    expect(bytes.length).toBe(120);
    expect(bytes.every((byte) => byte === index % 251)).toBe(true);
    transfer(bytes.buffer);
    if (++index === count) break;
  }
  expect(index).toBe(count);
});

test("the bytes for wire are an exact copy", async () => {
  const seen: Uint8Array[] = [];
  const { open } = await memoryServer({
    message: (socket, data) => void socket.send(data),
    wire(_socket, _direction, bytes) {
      expect(bytes.buffer.byteLength).toBe(bytes.length);
      seen.push(bytes.slice());
      bytes.fill(0xff);
      transfer(bytes.buffer);
    },
  });
  const { peer } = await open();
  peer.send(maskedFrame(1, "hello"));
  await settle();
  expect(seen.map((bytes) => [...bytes])).toEqual([
    maskedFrame(1, "hello"),
    unmaskedFrame(1, "hello"),
  ]);
  expect(peer.take()).toEqual(unmaskedFrame(1, "hello"));
});

test.each([
  ["a Uint8Array", (bytes: Uint8Array) => bytes],
  // Its `slice` does not copy.
  ["a Buffer", (bytes: Uint8Array) => Buffer.from(bytes)],
])("%s that was given to a stream may be changed", async (_, bytesOf) => {
  const { socket, transport, peer } = await stuckSocket();
  const writer = (socket.writable as WritableStream).getWriter();
  const bytes = bytesOf(new Uint8Array(100_000).fill(1));
  const written = writer.write(bytes);
  await settle();
  bytes.fill(2);
  transport.allow(1_000_000);
  await written;
  await settle();
  const payload = [...peer.received].slice(10);
  expect([payload.length, payload.every((byte) => byte === 1)]).toEqual([100_000, true]);
});

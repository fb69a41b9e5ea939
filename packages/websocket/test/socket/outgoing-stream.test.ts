import type { Socket } from "@framewright/websocket";
import { expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle } from "../memory-transport.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

async function opened(options: object = {}) {
  let socket: Socket | undefined;
  const server = await memoryServer({
    open: (connected: Socket) => {
      socket = connected;
    },
    message() {},
    ...options,
  });
  const { peer, transport } = await server.open();
  return { socket: socket as Socket, peer, transport, server: server.server };
}

/** A source whose chunks and end the test decides. */
function manualSource() {
  let controller!: ReadableStreamDefaultController<unknown>;
  let cancelled: unknown = "no";
  const stream = new ReadableStream<never>({
    start(created) {
      controller = created;
    },
    cancel(reason) {
      cancelled = reason;
    },
  });
  return { stream, controller, cancelled: () => cancelled };
}

test("fragments are sent as they come; other messages wait, a Pong does not", async () => {
  const { socket, peer } = await opened();
  const { stream, controller } = manualSource();
  const result = socket.sendStream(stream);
  controller.enqueue("a");
  await settle();
  expect(peer.take()).toEqual([0x01, 1, 0x61]);
  expect(socket.send("after")).toBe("sent");
  expect(socket.bufferedAmount).toBe(5);
  const second = socket.sendStream([], { text: true });
  peer.send(maskedFrame(9, [7]));
  await settle();
  expect(peer.take()).toEqual([0x8a, 1, 7]);
  controller.enqueue("\ud83d");
  controller.enqueue("\ude00");
  controller.close();
  expect(await result).toBe("sent");
  expect(await second).toBe("sent");
  await settle();
  const after = [0x81, 5, ...new TextEncoder().encode("after")];
  expect(peer.take()).toEqual([0, 4, 0xf0, 0x9f, 0x98, 0x80, 0x80, 0, ...after, 0x81, 0]);
});

test("a source that fails, or yields an invalid chunk, closes the connection with 1011", async () => {
  for (const [source, error] of [
    [manualSource(), "failed"],
    [[bytes(1), 5], { code: "WS_ERR_INVALID_ARGUMENT" }],
    [["a", bytes(0xff)], { code: "WS_ERR_INVALID_ARGUMENT" }],
  ] as const) {
    const { socket, peer } = await opened();
    const isManual = "controller" in source;
    const result = socket.sendStream((isManual ? source.stream : source) as never);
    const expected =
      typeof error === "string"
        ? expect(result).rejects.toBe(error)
        : expect(result).rejects.toMatchObject(error);
    socket.send("waits in vain");
    if (isManual) source.controller.error("failed");
    await expected;
    await settle();
    expect(peer.take().slice(-4)).toEqual([0x88, 2, 0x03, 0xf3]);
    expect(socket.bufferedAmount).toBe(0);
    expect(await socket.sendStream([bytes(1)])).toBe("dropped");
  }
});

test("when the connection closes or ends, the source is cancelled and the promise settles", async () => {
  for (const end of ["close", "terminate"] as const) {
    const { socket } = await opened();
    const { stream, cancelled } = manualSource();
    const first = socket.sendStream(stream);
    const waiting = manualSource();
    const second = socket.sendStream(waiting.stream);
    await settle();
    socket[end]();
    expect(await first).toBe("dropped");
    expect(await second).toBe("dropped");
    expect([cancelled(), waiting.cancelled()]).toEqual([undefined, undefined]);
  }
  const { socket, peer } = await opened();
  const { stream, cancelled } = manualSource();
  const result = socket.sendStream(stream);
  peer.send(maskedFrame(8, [3, 232]));
  expect(await result).toBe("dropped");
  expect(cancelled()).toBe(undefined);
});

test("a chunk is taken only when the peer has room", async () => {
  const { socket, transport } = await opened({ highWaterMark: 100, lowWaterMark: 50 });
  let taken = 0;
  function* source() {
    for (; taken < 100; taken++) yield new Uint8Array(40);
  }
  transport.capacity = 0;
  const result = socket.sendStream(source());
  await settle();
  expect(taken).toBe(2); // three chunks of 42 bytes are the first to exceed 100
  expect(socket.bufferedAmount).toBe(126);
  transport.allow(80);
  await settle();
  expect(taken).toBe(4);
  transport.allow(1e9);
  expect(await result).toBe("sent");
});

test("what is no source, and invalid options, are refused", async () => {
  const { socket } = await opened();
  for (const source of ["text", 5, null, undefined, {}]) {
    expect(() => socket.sendStream(source as never)).toThrow(
      expect.objectContaining({ code: "WS_ERR_INVALID_ARGUMENT" }),
    );
  }
  expect(() => socket.sendStream([], { text: 1 as never })).toThrow("option text");
});

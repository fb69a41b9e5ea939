import { expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle } from "../memory-transport.ts";

type Stream = ReadableStream<string | Uint8Array>;

/** A masked frame of any opcode and FIN bit, with the key 0. */
function frame(byte0: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const head = length < 126 ? [0x80 | length] : [0xfe, length >> 8, length & 0xff];
  return Uint8Array.from([byte0, ...head, 0, 0, 0, 0, ...payload]);
}

async function receiving(options: object = {}) {
  const streams: { stream: Stream; isText: boolean }[] = [];
  const messages: unknown[] = [];
  const server = await memoryServer({
    streamFrom: 10,
    messageStream: (_socket, stream, isText) => {
      streams.push({ stream: stream as Stream, isText });
    },
    message: (_socket, data) => void messages.push(data),
    ...options,
  });
  return { streams, messages, server: server.server, ...(await server.open()) };
}

test("the parts of a long message are read as they arrive", async () => {
  const { streams, messages, peer } = await receiving();
  peer.send(frame(0x01, new TextEncoder().encode("12345")));
  await settle();
  expect(streams.length).toBe(0);
  peer.send(frame(0x00, new TextEncoder().encode("6789\u20ac").subarray(0, 6)));
  await settle();
  expect(streams[0].isText).toBe(true);
  const reader = streams[0].stream.getReader();
  expect(await reader.read()).toEqual({ done: false, value: "123456789" });
  const next = reader.read();
  peer.send(frame(0x80, new TextEncoder().encode("\u20ac").subarray(2)), maskedFrame(1, "next"));
  expect(await next).toEqual({ done: false, value: "\u20ac" });
  expect((await reader.read()).done).toBe(true);
  await settle();
  expect(messages).toEqual(["next"]);
});

test("the next message waits until the stream is read and its handler has settled", async () => {
  let release = () => {};
  const streams: Stream[] = [];
  const { messages, peer } = await receiving({
    messageStream: (_socket: unknown, stream: Stream) => {
      streams.push(stream);
      return new Promise<void>((resolve) => {
        release = resolve;
      });
    },
  });
  peer.send(frame(0x82, new Uint8Array(20)), maskedFrame(1, "next"));
  await settle();
  release();
  await settle();
  expect(messages).toEqual([]);
  await new Response(streams[0] as never).arrayBuffer();
  await settle();
  expect(messages).toEqual(["next"]);
  peer.send(frame(0x82, new Uint8Array(20)), maskedFrame(1, "last"));
  await settle();
  await streams[1].cancel();
  await settle();
  expect(messages).toEqual(["next"]);
  release();
  await settle();
  expect(messages).toEqual(["next", "last"]);
});

test("a stream that nobody reads pauses the transport; a cancelled one does not", async () => {
  const { streams, transport, peer } = await receiving();
  for (let i = 0; i < 20; i++) peer.send(frame(i === 0 ? 0x02 : 0x00, new Uint8Array(20_000)));
  await settle();
  expect(transport.paused).toBe(true);
  await streams[0].stream.cancel();
  await settle();
  expect(transport.paused).toBe(false);
  peer.send(frame(0x80, new Uint8Array(0)));
  await settle();
  expect(peer.take()).toEqual([]);
});

test("a fault in the middle of a message fails its stream", async () => {
  for (const [wire, code] of [
    [frame(0x80, Uint8Array.from([0xff])), "WS_ERR_INVALID_UTF8"],
    [frame(0x81, Uint8Array.from([0x61])), "WS_ERR_INVALID_OPCODE"],
    [frame(0x88, Uint8Array.from([3, 232])), "WS_ERR_INCOMPLETE_MESSAGE"],
  ] as const) {
    const { streams, peer } = await receiving();
    peer.send(frame(0x01, new Uint8Array(20).fill(0x61)));
    await settle();
    const reader = streams[0].stream.getReader();
    expect((await reader.read()).value).toBe("a".repeat(20));
    const next = reader.read();
    peer.send(wire);
    await expect(next).rejects.toMatchObject({ code });
  }
});

test("a handler that fails closes the connection, and its stream is given up", async () => {
  const errors: unknown[] = [];
  const { peer } = await receiving({
    messageStream: async () => {
      throw new Error("mine");
    },
    error: (error: unknown) => void errors.push(error),
  });
  peer.send(frame(0x82, new Uint8Array(20)));
  await settle();
  expect(errors).toEqual([new Error("mine")]);
  expect(peer.take()).toEqual([0x88, 2, 0x03, 0xf3]);
});

test("after our Close frame an unread stream fails, so that the peer's Close frame is read", async () => {
  let close = () => {};
  const { streams, peer } = await receiving({
    messageStream: (socket: { close(): void }, stream: Stream) => {
      close = () => socket.close();
      streams.push({ stream, isText: false });
    },
  });
  peer.send(frame(0x02, new Uint8Array(20_000)));
  await settle();
  close();
  for (let i = 0; i < 10; i++) peer.send(frame(0x00, new Uint8Array(20_000)));
  peer.send(frame(0x80, new Uint8Array(0)), maskedFrame(8, [3, 232]));
  await settle();
  const reader = streams[0].stream.getReader();
  await expect(reader.read()).rejects.toMatchObject({ code: "WS_ERR_INCOMPLETE_MESSAGE" });
  expect(peer.hasEnded).toBe(true);
});

test("streamFrom is checked", async () => {
  await expect(memoryServer({ streamFrom: 5 })).rejects.toThrow("needs a messageStream handler");
  await expect(memoryServer({ streamFrom: -1, messageStream() {} })).rejects.toThrow(
    "option streamFrom must be an integer",
  );
});

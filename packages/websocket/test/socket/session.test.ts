import type { Direction, Message, SendResult, Socket } from "@framewright/websocket";
import { describe, expect, test } from "vitest";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, settle, unmaskedFrame, upgradeRequest } from "../memory-transport.ts";

const closeFrame = (statusCode: number) => [statusCode >>> 8, statusCode & 0xff];

describe("receiving", () => {
  test("a message in the same chunk as the opening handshake is delivered after open", async () => {
    const events: string[] = [];
    const { open } = await memoryServer({
      open: () => void events.push("open"),
      message: (_socket, data) => void events.push(`message ${data}`),
    });
    await open(maskedFrame(1, "first"));
    expect(events).toEqual(["open", "message first"]);
  });

  test("messages sent in open precede the first reply, in one write with the handshake's response", async () => {
    const { open } = await memoryServer({
      open: (socket) => void socket.send("welcome"),
      message: (socket, data) => void socket.send(data),
    });
    const { peer, transport } = await open(maskedFrame(1, "hi"));
    expect(peer.take()).toEqual([...unmaskedFrame(1, "welcome"), ...unmaskedFrame(1, "hi")]);
    expect(transport.writes.length).toBe(1);
  });

  test("asynchronous handlers of a socket run one after another, and its transport pauses meanwhile", async () => {
    const events: string[] = [];
    const releases: (() => void)[] = [];
    const { open } = await memoryServer({
      async message(_socket, data) {
        events.push(`start ${data}`);
        await new Promise<void>((resolve) => releases.push(resolve));
        events.push(`end ${data}`);
      },
    });
    const { peer, transport } = await open();
    peer.send([...maskedFrame(1, "a"), ...maskedFrame(1, "b")]);
    await settle();
    expect(events).toEqual(["start a"]);
    peer.send(maskedFrame(1, "c"));
    await settle();
    // Some bytes are read ahead, so that the end of the stream is detected.
    expect(transport.paused).toBe(false);
    const pongs = Array.from({ length: 600 }, () => maskedFrame(10, [...new Uint8Array(120)]));
    peer.send(pongs.flat());
    await settle();
    expect(transport.paused).toBe(true);
    for (const _ of "abc") {
      releases.shift()?.();
      await settle();
    }
    expect(events).toEqual(["start a", "end a", "start b", "end b", "start c", "end c"]);
    expect(transport.paused).toBe(false);
  });

  test("the end of the stream waits for asynchronous handlers", async () => {
    const events: string[] = [];
    let release = () => {};
    const { open } = await memoryServer({
      async message(_socket, data) {
        events.push(`message ${data}`);
        await new Promise<void>((resolve) => {
          release = resolve;
        });
      },
      close: (_socket, statusCode) => void events.push(`close ${statusCode}`),
    });
    const { peer } = await open();
    peer.send([...maskedFrame(1, "a"), ...maskedFrame(1, "b")]);
    peer.transport.shutdown();
    await settle();
    release();
    await settle();
    release();
    await settle();
    expect(events).toEqual(["message a", "message b", "close 1006"]);
  });

  test("pause stops messages until resume", async () => {
    const messages: Message[] = [];
    let socket: Socket | undefined;
    const { open } = await memoryServer({
      open(opened) {
        socket = opened;
        opened.pause();
      },
      message: (_socket, data) => void messages.push(data),
    });
    const { peer, transport } = await open(maskedFrame(1, "a"));
    peer.send(maskedFrame(1, "b"));
    await settle();
    expect(messages).toEqual([]);
    expect(transport.paused).toBe(false);
    peer.send(Array.from({ length: 600 }, () => maskedFrame(1, "c".repeat(120))).flat());
    await settle();
    expect(messages).toEqual([]);
    expect(transport.paused).toBe(true);
    socket?.resume();
    await settle();
    expect(messages.slice(0, 2)).toEqual(["a", "b"]);
    expect(messages.length).toBe(602);
    expect(transport.paused).toBe(false);
  });

  test("a pong handler gets its own copy of the payload", async () => {
    const payloads: Uint8Array[] = [];
    const { open } = await memoryServer({
      pong: (_socket, payload) => void payloads.push(payload),
    });
    const { peer } = await open();
    peer.send([...maskedFrame(10, [1, 2]), ...maskedFrame(10, [3])]);
    await settle();
    expect(payloads.map((payload) => [...payload])).toEqual([[1, 2], [3]]);
  });
});

describe("sending", () => {
  test("a burst is one write", async () => {
    let socket: Socket | undefined;
    const { open } = await memoryServer({
      open(opened) {
        socket = opened;
      },
    });
    const { peer, transport } = await open();
    const before = transport.writes.length;
    for (let i = 0; i < 100; i++) socket?.send(`${i}`);
    await settle();
    expect(transport.writes.length).toBe(before + 1);
    expect(peer.take()).toEqual(
      Array.from({ length: 100 }, (_, i) => unmaskedFrame(1, `${i}`)).flat(),
    );
  });

  test("replies to all messages of one chunk are one write", async () => {
    const { open } = await memoryServer({ message: (socket, data) => void socket.send(data) });
    const { peer, transport } = await open();
    const before = transport.writes.length;
    peer.send(Array.from({ length: 50 }, (_, i) => maskedFrame(1, `${i}`)).flat());
    await settle();
    expect(transport.writes.length).toBe(before + 1);
    expect(peer.take()).toEqual(
      Array.from({ length: 50 }, (_, i) => unmaskedFrame(1, `${i}`)).flat(),
    );
  });

  test("send returns sent, queued or dropped; drain is called once after queued", async () => {
    let socket: Socket | undefined;
    let drains = 0;
    const { open } = await memoryServer({
      open(opened) {
        socket = opened;
      },
      drain() {
        drains++;
      },
    });
    const { peer, transport } = await open();
    const results: (SendResult | undefined)[] = [];
    transport.capacity = 10;
    for (let i = 0; i < 4; i++) results.push(socket?.send(new Uint8Array(40_000).fill(i)));
    expect(results).toEqual(["sent", "queued", "queued", "queued"]);
    expect(socket?.bufferedAmount).toBe(4 * 40_004 - 10);
    let drained = false;
    void socket?.drained.then(() => {
      drained = true;
    });
    transport.allow(100_000);
    await settle();
    expect([drains, drained]).toEqual([0, false]);
    transport.allow(100_000);
    await settle();
    expect([drains, drained, socket?.bufferedAmount]).toEqual([1, true, 0]);
    const frame = (i: number) => [0x82, 126, 40_000 >>> 8, 40_000 & 0xff, ...Array(40_000).fill(i)];
    expect(peer.take()).toEqual([0, 1, 2, 3].flatMap(frame));
    socket?.close();
    expect(socket?.send("late")).toBe("dropped");
    expect(socket?.ping()).toBe("dropped");
  });

  test("a transport that accepts one byte at a time gets every byte once", async () => {
    let socket: Socket | undefined;
    const { open } = await memoryServer({
      open(opened) {
        socket = opened;
      },
    });
    const { peer, transport } = await open();
    transport.capacity = 0;
    socket?.send("hello");
    socket?.send(new Uint8Array([1, 2, 3]));
    socket?.ping(new Uint8Array([9]));
    await settle();
    expect(peer.take()).toEqual([]);
    for (let i = 0; i < 15; i++) transport.allow(1);
    await settle();
    expect(peer.take()).toEqual([
      ...unmaskedFrame(1, "hello"),
      ...unmaskedFrame(2, [1, 2, 3]),
      ...unmaskedFrame(9, [9]),
    ]);
  });

  test("invalid arguments throw at the call", async () => {
    let socket: Socket | undefined;
    const { open } = await memoryServer({
      open(opened) {
        socket = opened;
      },
    });
    await open();
    const code = "WS_ERR_INVALID_ARGUMENT";
    expect(() => socket?.send(5 as never)).toThrow(
      expect.objectContaining({ name: "TypeError", code }),
    );
    const tooLong = new Uint8Array(126);
    expect(() => socket?.ping(tooLong)).toThrow(
      expect.objectContaining({ name: "RangeError", code }),
    );
    expect(() => socket?.close(1005)).toThrow(
      expect.objectContaining({ name: "RangeError", code }),
    );
    expect(socket?.readyState).toBe("open");
  });
});

describe("closing", () => {
  const server = async (closeTimeout = 10_000) => {
    const events: unknown[] = [];
    let socket: Socket | undefined;
    const memory = await memoryServer({
      closeTimeout,
      open(opened) {
        socket = opened;
      },
      message: (_socket, data) => void events.push(data),
      close: (_socket, ...close) => void events.push(close),
    });
    const connection = await memory.open();
    return { ...memory, ...connection, events, socket: socket as Socket };
  };

  test("by the peer: answered with the same code, then the server ends the stream first", async () => {
    const { peer, events, socket } = await server();
    peer.send([...maskedFrame(1, "last"), ...maskedFrame(8, [...closeFrame(4000), 0x62])]);
    await settle();
    expect(peer.take()).toEqual(unmaskedFrame(8, [...closeFrame(4000), 0x62]));
    expect(peer.hasEnded).toBe(true);
    expect(events).toEqual(["last"]);
    peer.transport.shutdown();
    await settle();
    expect(events).toEqual(["last", [4000, "b", true]]);
    expect(await socket.closed).toEqual({
      statusCode: 4000,
      reason: "b",
      wasClean: true,
      error: undefined,
    });
    expect(socket.readyState).toBe("closed");
  });

  test("by us: messages before the peer's Close frame are delivered", async () => {
    const { peer, events, socket, transport } = await server();
    socket.close(1000, "bye");
    socket.close(1001);
    expect(socket.readyState).toBe("closing");
    await settle();
    expect(peer.take()).toEqual(unmaskedFrame(8, [...closeFrame(1000), 0x62, 0x79, 0x65]));
    peer.send([
      ...maskedFrame(1, "late"),
      ...maskedFrame(8, closeFrame(1000)),
      ...maskedFrame(1, "never"),
    ]);
    await settle();
    peer.transport.shutdown();
    await settle();
    expect(events).toEqual(["late", [1000, "", true]]);
    expect(transport.destroyed).toBe(false);
  });

  test("the peer never answers: 1006 after the close timeout", async () => {
    const { events, socket, transport } = await server(20);
    socket.close(1000);
    await socket.closed;
    expect(events).toEqual([[1006, "", false]]);
    expect(transport.destroyed).toBe(true);
  });

  test("the peer never ends the stream: disconnected after the close timeout, but clean", async () => {
    const { peer, events, socket, transport } = await server(20);
    peer.send(maskedFrame(8, closeFrame(1000)));
    await socket.closed;
    expect(events).toEqual([[1000, "", true]]);
    expect(transport.destroyed).toBe(true);
  });

  test("the peer does not read: disconnected after the close timeout", async () => {
    const { peer, events, socket, transport } = await server(20);
    transport.capacity = 0;
    socket.send("x");
    peer.send(maskedFrame(8, closeFrame(1000)));
    peer.transport.shutdown();
    await socket.closed;
    expect(events).toEqual([[1000, "", false]]);
    expect(transport.destroyed).toBe(true);
  });

  test("the stream ends without a Close frame: 1006", async () => {
    const { peer, events } = await server();
    peer.send(maskedFrame(1, "a"), [0x81]);
    peer.transport.shutdown();
    await settle();
    expect(events).toEqual(["a", [1006, "", false]]);
  });

  test("the transport fails: 1006 with the error, once", async () => {
    const { transport, events, socket } = await server();
    const error = new Error("reset");
    transport.listener.failed(error);
    transport.listener.failed(error);
    expect(events).toEqual([[1006, "", false]]);
    expect((await socket.closed).error).toBe(error);
  });

  test("terminate: 1006 at once, once", async () => {
    const { transport, events, socket } = await server();
    socket.terminate();
    socket.terminate();
    socket.close(1000);
    expect(events).toEqual([[1006, "", false]]);
    expect(transport.destroyed).toBe(true);
    expect(socket.send("x")).toBe("dropped");
    expect(socket.bufferedAmount).toBe(0);
    await socket.drained;
  });

  test("a protocol error of the peer: a Close frame and one close event with the error", async () => {
    const { peer, events, socket } = await server();
    peer.send([0x83, 0x80, 0, 0, 0, 0], maskedFrame(1, "never"));
    await settle();
    const bytes = peer.take();
    expect(bytes.slice(0, 1).concat(bytes.slice(2, 4))).toEqual([0x88, ...closeFrame(1002)]);
    peer.transport.shutdown();
    const { statusCode, wasClean, error } = await socket.closed;
    expect([statusCode, wasClean]).toEqual([1002, false]);
    expect(error).toMatchObject({ code: "WS_ERR_INVALID_OPCODE", statusCode: 1002 });
    expect(events.length).toBe(1);
  });

  test("clients contains a socket from before open until before close", async () => {
    const sizes: number[] = [];
    const memory = await memoryServer({
      open: () => void sizes.push(memory.server.clients.size),
      close: () => void sizes.push(memory.server.clients.size),
    });
    const { peer } = await memory.open();
    peer.transport.shutdown();
    await settle();
    expect(sizes).toEqual([1, 0]);
  });
});

describe("handlers that fail", () => {
  const failure = new Error("in a handler");
  const run = async (
    options: Parameters<typeof memoryServer<undefined>>[0],
    ...first: number[][]
  ) => {
    const errors: unknown[] = [];
    const { open } = await memoryServer({ ...options, error: (error) => void errors.push(error) });
    const { peer } = await open(...first);
    return { errors, bytes: peer.take() };
  };

  test("open, message, asynchronous message and wire: 1011, and the error is reported", async () => {
    const fail = () => {
      throw failure;
    };
    const closed = unmaskedFrame(8, closeFrame(1011));
    const message = maskedFrame(1, "x");
    expect(await run({ open: fail })).toEqual({ errors: [failure], bytes: closed });
    expect(await run({ message: fail }, message)).toEqual({ errors: [failure], bytes: closed });
    expect(await run({ message: async () => fail() }, message)).toEqual({
      errors: [failure],
      bytes: closed,
    });
    expect((await run({ wire: fail }, message)).errors[0]).toBe(failure);
  });

  test("close: the error is reported and the server keeps running", async () => {
    const errors: unknown[] = [];
    const { open, server } = await memoryServer({
      close() {
        throw failure;
      },
      error: (error) => void errors.push(error),
    });
    const { peer } = await open();
    peer.transport.shutdown();
    await settle();
    expect(errors).toEqual([failure]);
    expect(server.clients.size).toBe(0);
  });
});

describe("wire", () => {
  test("gets the masked bytes of frames in both directions, without the handshake", async () => {
    const bytes: Record<Direction, number[]> = { in: [], out: [] };
    const { open } = await memoryServer({
      open: (socket) => void socket.send("hi"),
      message: (socket, data) => void socket.send(data),
      wire: (_socket, direction, piece) => void bytes[direction].push(...piece),
    });
    const masked = [0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
    const { peer } = await open(masked);
    expect(bytes.in).toEqual(masked);
    expect(bytes.out).toEqual(peer.take());
    expect(bytes.out).toEqual([...unmaskedFrame(1, "hi"), ...unmaskedFrame(1, "Hello")]);
  });
});

test("a wire handler may send many messages", async () => {
  let sends = 0;
  const big = new Uint8Array(15_000).fill(7);
  const { open } = await memoryServer({
    message: (socket, data) => void socket.send(data),
    wire(socket, direction) {
      if (direction === "in" || sends > 0) return;
      for (; sends < 12; sends++) socket.send(big);
    },
  });
  const { peer } = await open(maskedFrame(1, "a"));
  await settle();
  const bytes = peer.take();
  const frame = [0x82, 126, 15_000 >>> 8, 15_000 & 0xff, ...big];
  expect(bytes).toEqual([...unmaskedFrame(1, "a"), ...Array(12).fill(frame).flat()]);
});

test("the opening handshake may arrive byte by byte", async () => {
  const messages: Message[] = [];
  const { dial } = await memoryServer({ message: (_socket, data) => void messages.push(data) });
  const { peer } = dial();
  const bytes = [...new TextEncoder().encode(upgradeRequest()), ...maskedFrame(1, "a")];
  for (const byte of bytes) peer.send([byte]);
  await settle();
  expect(peer.text).toMatch(/^HTTP\/1\.1 101 /);
  expect(messages).toEqual(["a"]);
});

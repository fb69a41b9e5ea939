import * as zlib from "node:zlib";
import { Opcode } from "@framewright/codec";
import { encodeFrame } from "@framewright/codec/frame";
import type { Message, ServeOptions, Socket } from "@framewright/websocket";
import type { RuntimeSupport } from "@framewright/websocket/transport";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { compressorPool } from "../../src/zlib/zlib-compressors.ts";
import { memoryServer } from "../memory-server.ts";
import { type MemoryTransport, settle, upgradeRequest } from "../memory-transport.ts";

/** The chunks are longer than 64 KiB, as those that are freed. */
const chunkLength = 70_000;
const support: RuntimeSupport = { keepFrom: 8_193, slicedFrom: 160, sharedFrom: 65 };

/** Connects to a server whose transport hands its input over. */
async function open(options: ServeOptions<undefined>, memory = support) {
  const { open } = await memoryServer(options, memory);
  const { transport, peer } = await open();
  Object.defineProperty(transport, "handsOverInput", { value: true });
  return { transport, peer };
}

function frame(payload: Uint8Array, opcode: Opcode = Opcode.Binary, fin = true): Uint8Array {
  return encodeFrame({ opcode, payload, fin, maskingKey: 0x01020304 });
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}

/** Bytes that differ from message to message. */
function payloadOf(length: number, seed: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 31 + seed * 7 + (i >> 8)) & 0x7f);
}

/** Passes bytes in chunks with memory of their own. Returns the chunks. */
async function receive(
  transport: MemoryTransport,
  bytes: Uint8Array,
  lengths: readonly number[],
): Promise<Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for (let start = 0, i = 0; start < bytes.length; i++) {
    // As a socket that is paused, which keeps what it has not read.
    while (transport.paused) await settle();
    // Bun's chunks are a `Buffer`, whose `slice` does not copy.
    const chunk = Buffer.from(bytes.slice(start, start + lengths[i % lengths.length]).buffer);
    start += chunk.length;
    chunks.push(chunk);
    transport.receive(chunk);
  }
  await settle();
  return chunks;
}

const isFreed = (chunk: Uint8Array): boolean => chunk.buffer.byteLength === 0;

describe("a chunk of a transport that hands its input over", () => {
  test("is freed at once when its bytes were copied", async () => {
    const { transport } = await open({ message() {} });
    const bytes = frame(payloadOf(5 * chunkLength, 1));
    const chunks = await receive(transport, bytes, [chunkLength]);
    // The last one is short.
    expect(chunks.map(isFreed)).toEqual([true, true, true, true, true, false]);
  });

  test("is kept if the message is a view of it", async () => {
    const messages: Message[] = [];
    const { transport } = await open({ message: (_, data) => void messages.push(data) });
    const payload = payloadOf(chunkLength, 2);
    const [chunk] = await receive(transport, frame(payload), [2 * chunkLength]);
    expect((messages[0] as Uint8Array).buffer).toBe(chunk.buffer);
    expect(messages).toEqual([payload]);
  });

  test.each([false, true])("while a handler waits, borrowed %s", async (borrowedMessages) => {
    let finish = () => {};
    let borrowed: Message = "";
    const { transport } = await open({
      borrowedMessages,
      message(_, data) {
        borrowed = data;
        return new Promise<void>((resolve) => (finish = resolve));
      },
    });
    const payload = payloadOf(1_000, 1);
    const bytes = join([frame(payload), frame(payloadOf(chunkLength, 2))]);
    const [chunk] = await receive(transport, bytes, [bytes.length]);
    expect(isFreed(chunk)).toBe(!borrowedMessages);
    expect(borrowed).toEqual(payload);
    finish();
  });

  test("is kept if it is a part of a longer buffer", async () => {
    const { transport } = await open({ message() {} });
    const bytes = frame(payloadOf(2 * chunkLength, 1));
    transport.receive(bytes.subarray(0, chunkLength));
    expect(isFreed(bytes)).toBe(false);
  });

  test("is kept if the transport did not hand it over", async () => {
    const { open } = await memoryServer({ message() {} }, support);
    const { transport } = await open();
    const chunks = await receive(transport, frame(payloadOf(3 * chunkLength, 1)), [chunkLength]);
    expect(chunks.some(isFreed)).toBe(false);
  });
});

/** How a server takes its messages, which it keeps. */
const receivers: Record<string, (keep: (data: Message) => void) => ServeOptions<undefined>> = {
  "a handler": (keep) => ({ message: (_, data) => keep(data) }),
  "a handler that waits": (keep) => ({
    async message(_, data) {
      await Promise.resolve();
      keep(data);
    },
  }),
  "a handler that pauses": (keep) => ({
    message(socket: Socket, data) {
      keep(data);
      socket.pause();
      setImmediate(() => socket.resume());
    },
  }),
  iteration: (keep) => ({
    async open(socket) {
      for await (const data of socket) keep(data);
    },
  }),
  "a handler that borrows": (keep) => ({
    borrowedMessages: true,
    message: (_, data) => keep(typeof data === "string" ? data : data.slice()),
  }),
  "a stream": (keep) => ({
    streamFrom: 10_000,
    message: (_, data) => keep(data),
    async messageStream(_, stream, isText) {
      const parts: Message[] = [];
      for await (const part of stream) parts.push(part);
      keep(isText ? parts.join("") : join(parts as Uint8Array[]));
    },
  }),
  "few frames a turn": (keep) => ({ maxFramesPerTurn: 10, message: (_, data) => keep(data) }),
  "few bytes a turn": (keep) => ({ maxBytesPerTurn: 100_000, message: (_, data) => keep(data) }),
};

interface Shape {
  readonly length: number;
  readonly isText: boolean;
  readonly fragments: number;
  readonly hasPing: boolean;
}

const shapes: fc.Arbitrary<Shape> = fc.record({
  length: fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 200_000 })),
  isText: fc.boolean(),
  fragments: fc.integer({ min: 1, max: 3 }),
  hasPing: fc.boolean(),
});

function framesOf(payload: Uint8Array, { isText, fragments, hasPing }: Shape): Uint8Array[] {
  const step = Math.ceil(payload.length / fragments) || 1;
  const frames = hasPing ? [frame(payloadOf(20, 3), Opcode.Ping)] : [];
  for (let i = 0; i < fragments; i++) {
    const opcode = i > 0 ? Opcode.Continuation : isText ? Opcode.Text : Opcode.Binary;
    const part = payload.subarray(i * step, (i + 1) * step);
    frames.push(frame(part, opcode, i === fragments - 1));
  }
  return frames;
}

describe.each(Object.keys(receivers))("messages taken by %s", (name) => {
  test("keep their bytes, whatever is freed", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(shapes, { minLength: 1, maxLength: 12 }),
        fc.array(fc.integer({ min: 1_000, max: 300_000 }), { minLength: 1, maxLength: 4 }),
        async (others, lengths) => {
          // The first chunk holds only a part of the first message.
          const messages = [
            { length: 300_000, isText: false, fragments: 1, hasPing: false },
            ...others,
          ];
          const kept: Message[] = [];
          const { transport } = await open(receivers[name]((data) => void kept.push(data)));
          const sent = messages.map(({ length }, i) => payloadOf(length, i));
          const frames = sent.flatMap((payload, i) => framesOf(payload, messages[i]));
          const chunks = await receive(transport, join(frames), [chunkLength, ...lengths]);
          while (kept.length < sent.length) await settle();
          expect(isFreed(chunks[0])).toBe(true);
          const received = kept.map((data) => Buffer.from(data as Uint8Array));
          expect(received.map((bytes, i) => bytes.equals(sent[i]))).toEqual(sent.map(() => true));
          expect(kept.map((data) => typeof data === "string")).toEqual(
            messages.map((m) => m.isText),
          );
          transport.destroy();
        },
      ),
      { numRuns: runs(20) },
    );
  });
});

/** Random bytes, which no compressor shortens. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return state >> 16;
  });
}

describe("compressed messages", () => {
  test.each([
    ["in several chunks", noise(400_000), 1, 1_000_000],
    ["in fragments", noise(400_000), 3, 1_000_000],
    ["in several chunks and turns", noise(400_000), 1, 50_000],
    ["in fragments, chunks and turns", noise(400_000), 3, 50_000],
    ["in one chunk and several turns", new Uint8Array(14_000_000), 1, 1_000_000],
  ])("%s are intact", async (_, sent, fragments, maxBytesPerTurn) => {
    const kept: Message[] = [];
    const { dial } = await memoryServer(
      {
        compression: { maxBytesPerTurn },
        message: (_, data) => void kept.push(data),
      },
      { ...support, compressors: compressorPool(() => zlib) },
    );
    const { peer, transport } = dial();
    Object.defineProperty(transport, "handsOverInput", { value: true });
    peer.send(upgradeRequest("/", "Sec-WebSocket-Extensions: permessage-deflate"));
    await settle();
    const deflated = zlib
      .deflateRawSync(sent, { finishFlush: zlib.constants.Z_SYNC_FLUSH })
      .subarray(0, -4);
    const shape = { length: 0, isText: false, fragments, hasPing: false };
    const frames = framesOf(deflated, shape);
    frames[0][0] |= 0x40; // RSV1
    const all = Array<Uint8Array[]>(6).fill(frames).flat();
    const chunks = await receive(transport, join(all), [chunkLength]);
    while (kept.length < 6) await settle();
    expect(kept.map((data) => Buffer.compare(data as Uint8Array, sent))).toEqual(Array(6).fill(0));
    expect(isFreed(chunks[0])).toBe(true);
  });
});

import * as zlib from "node:zlib";
import type { Message, ServeOptions } from "@framewright/websocket";
import { serveWith, type Transport } from "@framewright/websocket/transport";
import { describe, expect, test, vi } from "vitest";
import { compressorPool } from "../../src/zlib/zlib-compressors.ts";
import { memoryServer } from "../memory-server.ts";
import { maskedFrame, memoryPipe, RawPeer, settle, upgradeRequest } from "../memory-transport.ts";

/** Waits for `count` turns of the event loop. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}

describe("frames of one connection", () => {
  test("are handled in order, at most twice maxFramesPerTurn in one turn", async () => {
    const seen: string[] = [];
    let turn = 0;
    const { open } = await memoryServer({
      maxFramesPerTurn: 10,
      message: (_socket, data) => void seen.push(`${data} in ${turn}`),
    });
    const { peer } = await open();
    peer.send(Array.from({ length: 35 }, (_, i) => maskedFrame(1, `${i}`)).flat());
    await Promise.resolve();
    while (seen.length < 35) {
      turn++;
      await turns(1);
    }
    const perTurn = new Map<string, number>();
    for (const entry of seen) {
      const at = entry.split(" in ")[1];
      perTurn.set(at, (perTurn.get(at) ?? 0) + 1);
    }
    expect(seen.map((entry) => Number(entry.split(" ")[0]))).toEqual([...Array(35).keys()]);
    expect(Math.max(...perTurn.values())).toBeLessThanOrEqual(20);
    expect(perTurn.size).toBeGreaterThanOrEqual(2);
  });

  test("do not hold back a connection that needs more than one turn for them anyway", async () => {
    let received = 0;
    const { open } = await memoryServer({ maxFramesPerTurn: 4, message: () => void received++ });
    const { peer, transport } = await open();
    const pause = vi.spyOn(transport, "pause");
    for (let i = 0; i < 20; i++) {
      peer.send(Array(3).fill(maskedFrame(1, "a")).flat());
      await turns(2);
    }
    expect([received, pause.mock.calls.length]).toEqual([60, 0]);
    peer.send(Array(12).fill(maskedFrame(1, "a")).flat());
    await turns(4);
    expect(pause).toHaveBeenCalled();
  });

  test("count if they are empty fragments or Pings", async () => {
    const { open, server } = await memoryServer({ maxFramesPerTurn: 5, message() {} });
    const { peer } = await open();
    const [socket] = server.clients;
    peer.send([2, 0x80, 0, 0, 0, 0], Array(12).fill([0, 0x80, 0, 0, 0, 0]).flat());
    peer.send(Array(12).fill(maskedFrame(9)).flat());
    peer.send([0x80, 0x80, 0, 0, 0, 0], maskedFrame(8, [0x03, 0xe8]));
    await turns(1);
    expect(socket.readyState).toBe("open");
    await turns(20);
    await settle();
    expect(socket.readyState).toBe("closing");
    expect(peer.received.length).toBe(12 * 2 + 4);
  });

  test("the end of the stream is reported after them", async () => {
    const events: unknown[] = [];
    const { open } = await memoryServer({
      maxFramesPerTurn: 2,
      message: (_socket, data) => void events.push(data),
      close: (_socket, statusCode) => void events.push(statusCode),
    });
    const { peer } = await open();
    peer.send("abcdefg".split("").flatMap((name) => maskedFrame(1, name)));
    peer.transport.shutdown();
    while (events.length < 8) await settle();
    expect(events).toEqual([..."abcdefg", 1006]);
  });

  test("the turn ends after maxBytesPerTurn bytes", async () => {
    const seen: number[] = [];
    const { open } = await memoryServer({
      maxBytesPerTurn: 100,
      message: (_socket, data) => void seen.push(data.length),
    });
    const { peer } = await open();
    for (let i = 1; i <= 5; i++) peer.send(maskedFrame(2, Array(120).fill(i)));
    await Promise.resolve();
    await Promise.resolve();
    expect(seen.length).toBeLessThan(5);
    while (seen.length < 5) await turns(1);
    expect(seen).toEqual(Array(5).fill(120));
  });
});

/** A server that compresses, and a raw connection to it. */
async function compressing(options: ServeOptions) {
  let accept: (transport: Transport) => void = () => {};
  const server = await serveWith(
    { compression: true, ...options },
    async (_listen, onTransport) => {
      accept = onTransport;
      return { port: 80, stop() {} };
    },
    { compressors: compressorPool(() => zlib) },
  );
  const open = async () => {
    const [client, transport] = memoryPipe();
    const peer = new RawPeer(client);
    accept(transport);
    peer.send(upgradeRequest("/", "Sec-WebSocket-Extensions: permessage-deflate"));
    await settle();
    peer.received = peer.received.slice(peer.text.indexOf("\r\n\r\n") + 4);
    return { peer, transport };
  };
  return { server, open };
}

/** A masked frame of any length, with the key 0. */
function longFrame(byte0: number, payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const start = length < 126 ? 6 : length < 65_536 ? 8 : 14;
  const frame = new Uint8Array(start + length);
  frame[0] = byte0;
  frame[1] = 0x80 | (start === 6 ? length : start === 8 ? 126 : 127);
  if (start === 8) new DataView(frame.buffer).setUint16(2, length);
  if (start === 14) new DataView(frame.buffer).setUint32(6, length);
  frame.set(payload, start);
  return frame;
}

const deflate = (data: Uint8Array) =>
  zlib.deflateRawSync(data, { finishFlush: zlib.constants.Z_SYNC_FLUSH }).subarray(0, -4);

describe("compressed messages", () => {
  test("are inflated over several turns, in order", async () => {
    const seen: number[] = [];
    const { open } = await compressing({
      compression: { maxBytesPerTurn: 100_000 },
      message: (_socket, data) => void seen.push(data.length),
    });
    const { peer } = await open();
    peer.send(longFrame(0xc2, deflate(new Uint8Array(3_000_000))), maskedFrame(2, [1]));
    peer.send(longFrame(0xc2, deflate(new Uint8Array(70_000))), maskedFrame(2, [1, 2]));
    await turns(3);
    expect(seen).toEqual([]);
    while (seen.length < 4) await turns(1);
    expect(seen).toEqual([3_000_000, 1, 70_000, 2]);
  });

  test("incomplete ones stay compressed, and maxReceiveMemory is not exceeded", async () => {
    const closes: unknown[] = [];
    const seen: number[] = [];
    const { open } = await compressing({
      maxReceiveMemory: 400_000,
      message: (_socket, data) => void seen.push(data.length),
      close: (_socket, statusCode) => void closes.push(statusCode),
    });
    const part = deflate(new Uint8Array(10_000_000));
    const attackers = await Promise.all(Array.from({ length: 10 }, open));
    for (const { peer } of attackers) peer.send(longFrame(0x42, part));
    await settle();
    expect(closes).toEqual([]);
    const honest = await open();
    honest.peer.send(longFrame(0xc2, deflate(new Uint8Array(100_000))));
    await settle();
    expect(seen).toEqual([100_000]);
    for (const { peer } of attackers) peer.send(maskedFrame(0, [0]));
    while (attackers.some(({ peer }) => peer.received.length === 0)) await settle();
    for (const { peer } of attackers) {
      expect([...peer.received.subarray(0, 4)]).toEqual([0x88, 47, 0x03, 0xf5]);
    }
    honest.peer.send(longFrame(0xc2, deflate(new Uint8Array(200_000))));
    await settle();
    expect(seen).toEqual([100_000, 200_000]);
  });
});

describe("long messages that are compressed", () => {
  test("take several turns, are sent in order and count in bufferedAmount", async () => {
    const length = 1_000_000;
    // Compression makes it only a little shorter.
    let state = 1;
    const noise = new Uint8Array(length).map(() => {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      return state & 0x3f;
    });
    const sizes: (string | number)[] = [];
    let drained = false;
    const { open } = await compressing({
      message(socket, data: Message) {
        sizes.push(socket.send(noise), socket.send(data), socket.bufferedAmount > length ? 1 : 0);
        void socket.drained.then(() => {
          drained = true;
        });
      },
    });
    const { peer } = await open();
    peer.send(maskedFrame(1, "after"), maskedFrame(9));
    await settle();
    expect(sizes).toEqual(["queued", "queued", 1]);
    while (!drained) await turns(1);
    await settle();
    const bytes = peer.received;
    // The Pong does not wait for the messages (RFC 6455 section 5.5.3).
    expect([...bytes.subarray(0, 2)]).toEqual([0x8a, 0]);
    expect([...bytes.subarray(2, 4)]).toEqual([0xc2, 127]);
    const payload = new DataView(bytes.buffer, bytes.byteOffset).getUint32(8);
    const message = bytes.subarray(12, 12 + payload);
    const tail = Uint8Array.of(0, 0, 0xff, 0xff);
    const inflated = zlib.inflateRawSync(Buffer.concat([message, tail]), {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
    });
    expect(Buffer.compare(inflated, noise)).toBe(0);
    expect(peer.text.slice(12 + payload)).toBe("\x81\x05after");
  });

  test("are sent uncompressed if the socket is closed meanwhile", async () => {
    const { open, server } = await compressing({});
    const { peer } = await open();
    const [socket] = server.clients;
    socket.send(new Uint8Array(600_000));
    socket.send("after");
    socket.close(1000);
    await settle();
    expect([...peer.received.subarray(0, 2)]).toEqual([0x82, 127]);
    expect(peer.received.length).toBe(10 + 600_000 + 7 + 4);
    expect(peer.text.endsWith("\x81\x05after\x88\x02\x03\xe8")).toBe(true);
  });
});

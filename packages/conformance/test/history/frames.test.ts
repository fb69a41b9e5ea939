import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isWholeOn } from "../../../../test-depth.ts";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { until } from "../../src/attack/until.ts";
import { deflated } from "../../src/deflate-bytes.ts";
import { concat, FrameWriter, opcodes, utf8 } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("client");
const mebibyte = 1_048_576;
const offer = "Sec-WebSocket-Extensions: permessage-deflate";
const { binary, continuation, text } = opcodes;

interface FrameExploit {
  readonly name: string;
  readonly send: Uint8Array;
  /** The status code with which the connection fails. */
  readonly statusCode: number;
}

const exploit = (name: string, statusCode: number, ...send: Uint8Array[]): FrameExploit => ({
  name,
  statusCode,
  send: concat(...send),
});

/** A compressed message in one frame: this many zeros, so many times. */
function bomb(length: number, times = 1, opcode: number = binary): Uint8Array {
  const zeros = concat(deflated(new Uint8Array(length)), Uint8Array.of(0, 0, 0xff, 0xff));
  const payload = concat(...Array<Uint8Array>(times).fill(zeros)).subarray(0, -4);
  return write.frame({ opcode, rsv: 4, payload });
}

const frameExploits: readonly FrameExploit[] = [
  exploit(
    "CVE-2020-13935 of Tomcat: a length with all bits set",
    1002,
    Uint8Array.of(0x81, 0xff, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0),
    utf8("test"),
  ),
  exploit(
    "CVE-2020-27813 of gorilla/websocket: fragments whose lengths overflow when they are added",
    1009,
    write.frame({ opcode: binary, fin: false, payload: Uint8Array.of(1) }),
    write.frame({ opcode: continuation, declaredLength: 2n ** 63n - 1n }),
  ),
  exploit(
    "CVE-2016-10542 of ws: a message of more than 256 MiB, by its header",
    1009,
    write.frame({ opcode: binary, declaredLength: 256n * 1_048_576n + 1n }),
  ),
  exploit(
    "CVE-2026-19204 of Jetty: an unknown opcode and a length of 2 GiB",
    1002,
    write.frame({ opcode: 0x3, declaredLength: 2n ** 31n - 1n }),
  ),
  exploit(
    "CVE-2026-9675 of undici: fragments that are too long together, but none alone",
    1009,
    write.frame({ opcode: binary, fin: false, payload: new Uint8Array(600_000) }),
    write.frame({ opcode: continuation, fin: false, payload: new Uint8Array(600_000) }),
  ),
  exploit(
    "CVE-2026-54466 of websocket-driver: a draft's frame with a length of many bytes 0xff",
    1002,
    Uint8Array.of(0x80, ...Array<number>(100).fill(0xff)),
  ),
  exploit(
    "CVE-2022-39386 of @fastify/websocket: a packet that is no frame",
    1002,
    Buffer.from("a2180500", "hex"),
  ),
  exploit("CVE-2018-1000518 of websockets: 64 MiB in a frame of 64 KiB", 1009, bomb(mebibyte, 64)),
  exploit(
    "CVE-2016-10544 of uws: 256 MiB of text within the limit while it is compressed",
    1009,
    bomb(mebibyte, 256, text),
  ),
  exploit(
    "CVE-2026-54464 of websocket-driver: one byte more than the limit, when it is decompressed",
    1009,
    bomb(mebibyte + 1),
  ),
];

/** Opens a connection with compression. */
const openCompressed = (server: AttackedServer) => server.open({}, offer);

/** Sends a Ping and waits for its Pong: what was sent before has been read. */
async function settle(peer: RawPeer): Promise<void> {
  await peer.send(write.ping());
  expect((await peer.takeFrame())?.opcode).toBe(opcodes.pong);
}

describe.each(runtimes)("frames that did harm elsewhere, to $name", (runtime) => {
  /** The codec is the same on all three. */
  const floodTest = test.runIf(isWholeOn(runtime.name));
  let server: AttackedServer;

  beforeAll(async () => {
    server = await AttackedServer.start(runtime, "measuring", {
      compression: true,
      maxMessageSize: mebibyte,
    });
  });

  afterAll(() => server?.stop());

  for (const { name, send, statusCode } of frameExploits) {
    test(name, async () => {
      const peer = await openCompressed(server);
      await peer.send(send);
      const frame = await peer.takeFrame();
      expect(frame?.opcode).toBe(opcodes.close);
      expect(Buffer.from(frame?.payload ?? []).readUInt16BE(0)).toBe(statusCode);
      await peer.ended();
      peer.destroy();
      expect(await server.isServing()).toBe(true);
    });
  }

  test("CVE-2026-59881 of aiohttp: RSV1 without permessage-deflate", async () => {
    const peer = await server.open();
    await peer.send(bomb(1_000));
    expect(Buffer.from((await peer.takeFrame())?.payload ?? []).readUInt16BE(0)).toBe(1002);
    peer.destroy();
  });

  /** Expects that an attack holds less than 4 MiB while its connections are open. */
  async function holdsLittle(attack: (peers: RawPeer[]) => Promise<void>, count = 1) {
    const peers = await Promise.all(Array.from({ length: count }, () => server.open()));
    for (const peer of peers) await settle(peer);
    const before = await server.memoryInUse();
    await attack(peers);
    await until(
      () => server.memoryInUse(),
      (memory) => memory - before < 4 * mebibyte,
      10_000,
    );
    for (const peer of peers) peer.destroy();
    await until(
      () => server.state(),
      ({ clients }) => clients === 0,
      10_000,
    );
  }

  test("CVE-2022-35922 of websocket: 100 connections that declare 1 MiB each and send nothing", async () => {
    await holdsLittle(async (peers) => {
      for (const peer of peers)
        await peer.send(write.frame({ opcode: binary, declaredLength: BigInt(mebibyte) }));
      await Promise.all(peers.map((peer) => peer.send(new Uint8Array(1))));
      expect(await server.isServing()).toBe(true);
    }, 100);
  });

  // An object for each fragment would take 20 MB.
  floodTest(
    "CVE-2026-48779 and CVE-2026-62389 of ws, CVE-2026-12151 of undici, CVE-2014-0193 of Netty: 200,000 fragments of one byte, without an end",
    async () => {
      const fragment = { opcode: continuation, fin: false, payload: Uint8Array.of(0x61) };
      await holdsLittle(async ([peer]) => {
        await peer.send(write.frame({ ...fragment, opcode: text }));
        const many = concat(...Array<Uint8Array>(10_000).fill(write.frame(fragment)));
        for (let count = 0; count < 20; count++) await peer.send(many);
        await settle(peer);
      });
    },
  );

  floodTest("CVE-2021-3690 of Undertow: 100,000 Pongs that nobody asked for", async () => {
    const pong = write.pong(new Uint8Array(100));
    await holdsLittle(async ([peer]) => {
      const many = concat(...Array<Uint8Array>(10_000).fill(pong));
      for (let count = 0; count < 10; count++) await peer.send(many);
      await settle(peer);
    });
  });

  test("CVE-2017-14919 of Node: an offer with a window of 8 bits, and a compressed message", async () => {
    const window = "server_max_window_bits=8; client_max_window_bits=8";
    const peer = await server.open({}, `${offer}; ${window}, permessage-deflate`);
    await peer.send(bomb(1_000));
    expect(Buffer.from((await peer.takeFrame())?.payload ?? []).toString()).toBe("1000");
    peer.destroy();
  });

  test("CVE-2026-77791 of Tomcat and CVE-2017-2670 of Undertow: connections that end in the middle of a Close frame use no CPU", async () => {
    const peers = await Promise.all(Array.from({ length: 20 }, () => openCompressed(server)));
    for (const [index, peer] of peers.entries()) {
      await peer.send(write.close(1000, "goodbye").subarray(0, 9));
      if (index % 2 === 0) peer.reset();
      else peer.end();
    }
    await until(
      () => server.state(),
      ({ clients }) => clients === 0,
      10_000,
    );
    await server.descriptorsGivenBack(10_000);
    // A loop would use a whole processor.
    await until(
      () => server.load(100),
      (load) => load < 0.5,
      10_000,
    );
    for (const peer of peers) peer.destroy();
  });

  test("nothing was reported as an error, and the process is alive", async () => {
    expect((await server.state()).errors).toEqual([]);
    expect(server.process.standardError).toBe("");
    expect(server.process.isRunning).toBe(true);
  });
});

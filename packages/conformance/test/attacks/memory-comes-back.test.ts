import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { dropInput } from "../../src/attack/flood.ts";
import { burstCount, streamedCount, streamedLength } from "../../src/attack/modes/sending.ts";
import { until } from "../../src/attack/until.ts";
import { concat, FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("client");
const mebibyte = 1_048_576;
const connections = 200;
/**
 * Memory that may stay in use or resident after a burst, in bytes. The shared buffers for receiving
 * and sending stay in use, whatever the number of connections. The reserve of the runtime's
 * allocator is outside our control, but it is less than all bursts together.
 */
const mayStayInUse = 24 * mebibyte;
const mayStayResident = 150 * mebibyte;

/** 1 MiB in one message, in small ones and in fragments. The last message is echoed. */
const sentBursts = [
  ["1 message of 1 MiB", concat(write.binary(new Uint8Array(mebibyte)), write.text("over"))],
  [
    "1,024 messages of 1 KiB",
    concat(
      ...Array<Uint8Array>(1_024).fill(write.binary(new Uint8Array(1_024))),
      write.text("over"),
    ),
  ],
  [
    "1 message of 1 MiB in fragments of 1 KiB",
    concat(
      write.frame({ opcode: opcodes.binary, fin: false }),
      ...Array<Uint8Array>(1_024).fill(
        write.frame({ opcode: opcodes.continuation, fin: false, payload: new Uint8Array(1_024) }),
      ),
      write.frame({ opcode: opcodes.continuation }),
      write.text("over"),
    ),
  ],
] as const;

describe.each(runtimes)("memory after a burst on $name", (runtime) => {
  let server: AttackedServer;
  const peers: RawPeer[] = [];

  beforeAll(async () => {
    server = await AttackedServer.start(runtime, "sending");
    for (let i = 0; i < connections; i++) peers.push(await server.open());
    for (const peer of peers) await exchange(peer, [write.text("warm up")], 1);
  });

  afterAll(async () => {
    for (const peer of peers) peer.destroy();
    await server?.stop();
  });

  /** Does something on each connection and waits until the memory has been released. */
  async function comesBack(what: string, act: (peer: RawPeer) => Promise<void>): Promise<void> {
    const used = { before: await server.memoryInUse() };
    const resident = { before: server.memory, most: 0 };
    for (let index = 0; index < connections; index += 20) {
      await Promise.all(peers.slice(index, index + 20).map(act));
      resident.most = Math.max(resident.most, server.memory);
    }
    const left = async () => ({
      used: (await server.memoryInUse()) - used.before,
      resident: server.memory - resident.before,
    });
    const kilobytes = (bytes: number) => `${(bytes / connections / 1_024).toFixed(1)} KiB`;
    const print = async () => {
      const last = await left();
      console.log(
        `${runtime.name}, ${what}: per connection ${kilobytes(last.used)} stay in use; of ${kilobytes(
          resident.most - resident.before,
        )} resident, ${kilobytes(last.resident)} stay`,
      );
    };
    await until(
      left,
      (now) => now.used < mayStayInUse && now.resident < mayStayResident,
      10_000,
    ).finally(print);
  }

  test.each(sentBursts)("each of 200 connections sends %s", async (what, bytes) => {
    await comesBack(`sent ${what}`, (peer) => exchange(peer, [bytes], 1));
  });

  test("each of 200 connections gets a burst of 1 MiB", async () => {
    await comesBack("got 1 MiB", (peer) => exchange(peer, [write.text("burst")], burstCount));
  });

  test("a client that reads late gets its burst", async () => {
    await comesBack("got 1 MiB late", async (peer) => {
      peer.socket.pause();
      await peer.send(write.text("burst"));
      await server.state();
      peer.socket.resume();
      await exchange(peer, [], burstCount);
    });
  });

  test("nothing was reported as an error", async () => {
    expect(server.process.standardError).toBe("");
    expect((await server.state()).errors).toEqual([]);
  });
});

/** Sends bytes and reads this many frames. */
async function exchange(peer: RawPeer, bytes: readonly Uint8Array[], frames: number) {
  await peer.send(...bytes);
  for (let i = 0; i < frames; i++) {
    if ((await peer.takeFrame()) === undefined) throw new Error("TCP ended");
  }
}

/** One collection does not free everything: V8 releases the memory of arrays in the background. */
async function leastMemoryInUse(server: AttackedServer): Promise<number> {
  const measured = [];
  for (let i = 0; i < 4; i++) measured.push(await server.memoryInUse());
  return Math.min(...measured);
}

describe.each(runtimes)("an output queue that is never empty on $name", (runtime) => {
  test("200,000 messages pass through it without leaving memory in use", async () => {
    const server = await AttackedServer.start(runtime, "sending");
    try {
      const peer = await server.open();
      // Slower than the server sends, but fast enough for a short test.
      dropInput(peer, 3);
      await peer.send(write.text("stream"));
      await until(
        () => server.state(),
        ({ notes }) => notes.includes("under way"),
      );
      const before = await leastMemoryInUse(server);
      const { notes } = await until(
        () => server.state(),
        ({ notes }) => notes.length > 1,
        15_000,
      );
      expect(notes).toEqual(["under way", "all sent"]);
      const growth = ((await leastMemoryInUse(server)) - before) / mebibyte;
      const sent = (streamedCount * streamedLength * 0.75) / mebibyte;
      console.log(
        `${runtime.name}, a queue never empty: ${growth.toFixed(1)} MiB more after ${sent.toFixed(0)} MiB`,
      );
      // The queued bytes vary by this much. The bytes that passed through are several times as
      // many.
      expect(growth).toBeLessThan(16);
      peer.destroy();
      expect(server.process.standardError).toBe("");
    } finally {
      await server.stop();
    }
  });
});

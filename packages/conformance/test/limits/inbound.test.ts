import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { isFullDepth, isWholeOn, rows } from "../../../../test-depth.ts";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { FrameWriter } from "../../src/frame-bytes.ts";
import { HonestPeer } from "../../src/limits/honest-peer.ts";
import { Scene } from "../../src/limits/scene.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("client");
const mebibyte = 1_048_576;
/** Length of each message in bytes, and of all messages. */
const messageLength = 262_144;
const total = (isFullDepth ? 512 : 128) * mebibyte;
const warmUp = 16 * mebibyte;
/**
 * Maximum number of bytes that were received and not handled: the message that is being handled, one
 * that waits for `for await`, 64 KiB, and one read of at most 512 KiB.
 */
const mayWait = 2 * messageLength + 65_536 + 524_288;
/**
 * Maximum growth of the resident memory in bytes, less than what is sent. Handled messages that are
 * not collected yet are resident.
 */
const mayGrow = 96 * mebibyte;

const message = write.binary(new Uint8Array(messageLength));

/** Writes messages as fast as TCP takes them. Returns how often it had to wait. */
async function flood({ socket }: RawPeer, length: number): Promise<number> {
  let waits = 0;
  for (let sent = 0; sent < length; sent += messageLength) {
    if (socket.write(message)) continue;
    waits++;
    await once(socket, "drain", { signal: AbortSignal.timeout(30_000) });
  }
  return waits;
}

/**
 * Samples the resident memory of the server until the flood is over. Returns its growth: the most,
 * and the least of the last quarter, each over the least of the first quarter.
 */
async function growthDuring(server: AttackedServer, flooding: Promise<unknown>) {
  const samples: number[] = [];
  let isOver = false;
  const ended = flooding.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    samples.push(server.memory);
    await delay(10);
  }
  await ended;
  const quarter = Math.ceil(samples.length / 4);
  const before = Math.min(...samples.slice(0, quarter));
  return {
    most: Math.max(...samples) - before,
    last: Math.min(...samples.slice(-quarter)) - before,
  };
}

const tested = runtimes.filter(({ name }) => isWholeOn(name));

describe.each(tested)("a peer that sends faster than it is handled on $name", (runtime) => {
  const consumers = ["message", "for await"] as const;
  test.each(rows(consumers))(
    "%s: TCP holds it back, and the memory stays flat",
    async (consumer) => {
      const server = await AttackedServer.start(runtime, "limits");
      try {
        const scene = await Scene.start(server, { consumer });
        const honest = await HonestPeer.open(scene.port);
        const peer = await scene.open();
        await flood(peer, warmUp);
        await scene.reported(({ consumed }) => consumed === warmUp);
        let waits = 0;
        const { most, last } = await growthDuring(
          server,
          flood(peer, total).then((count) => {
            waits = count;
          }),
        );
        const { stats, mostWaiting, consumed } = await scene.reported(
          ({ consumed }) => consumed === warmUp + total,
        );
        const mib = (bytes: number) => (bytes / mebibyte).toFixed(1);
        console.log(
          `${runtime.name}, ${consumer}: of ${mib(total)} MiB at most ${mib(mostWaiting)} MiB waited, ` +
            `resident memory grew by ${mib(last)} MiB, ${mib(most)} MiB at times`,
        );
        expect(consumed).toBe(warmUp + total);
        const messages = (warmUp + total) / messageLength;
        expect(stats.messagesReceived).toBeGreaterThan(messages);
        expect(stats.bytesReceived).toBeGreaterThan(messages * message.length);
        expect(waits).toBeGreaterThan(10);
        expect(mostWaiting).toBeLessThanOrEqual(mayWait);
        expect(last).toBeLessThan(mayGrow);
        expect(await honest.check()).toBeGreaterThan(10);
        honest.destroy();
        expect(server.process.standardError).toBe("");
      } finally {
        await server.stop();
      }
    },
    60_000,
  );
});

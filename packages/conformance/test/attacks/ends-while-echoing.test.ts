import { setTimeout as delay } from "node:timers/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { until } from "../../src/attack/until.ts";
import { FrameWriter } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("client");
/** Messages of these lengths in bytes. */
const lengths = [100, 10_000, 65_536, 200_000];
const messages = new Map(lengths.map((length) => [length, write.binary(new Uint8Array(length))]));

const endings = {
  "is reset": (peer: RawPeer) => peer.reset(),
  "is destroyed": (peer: RawPeer) => peer.destroy(),
  "is reset after a Close frame": async (peer: RawPeer) => {
    await peer.send(write.close(1000));
    peer.reset();
  },
  "is reset within a frame": async (peer: RawPeer) => {
    await peer.send(write.binary(new Uint8Array(1_000)).subarray(0, 500));
    peer.reset();
  },
};

/** One connection: what the client sends, which part of it it reads meanwhile, and how it ends. */
const clientScript = fc.record({
  lengths: fc.array(fc.constantFrom(...lengths), { maxLength: 100, size: "max" }),
  reads: fc.constantFrom("nothing", "half", "all"),
  /** Milliseconds from the last message to the end. 0 is in the same turn of the event loop. */
  pause: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 60 })),
  ending: fc.constantFrom(...Object.keys(endings)) as fc.Arbitrary<keyof typeof endings>,
});

type ClientScript = ReturnType<typeof clientScript.generate>["value"];

/** Number of connections at a time. */
const connectionsAtOnce = 30;

async function play(server: AttackedServer, script: ClientScript) {
  const peer = await server.open();
  if (script.reads === "nothing") peer.socket.pause();
  for (const [index, length] of script.lengths.entries()) {
    await peer.send(messages.get(length) as Uint8Array);
    // Without a pause everything waits in this process.
    if (peer.socket.writableNeedDrain) await delay(2);
    if (script.reads === "half" && index === script.lengths.length >> 1) peer.socket.pause();
  }
  if (script.pause > 0) await delay(script.pause);
  await endings[script.ending](peer);
}

// Nothing but the end itself may close the connection.
const options = { closeTimeout: 600_000, heartbeat: false } as const;

describe.each(runtimes)("clients that end in the middle of echoes on $name", (runtime) => {
  describe.each(["echo", "echo-iterating", "echo-streaming"] as const)("%s", (mode) => {
    let server: AttackedServer;

    beforeAll(async () => {
      server = await AttackedServer.start(runtime, mode, options);
    });

    afterAll(() => server?.stop());

    test("every connection is closed", async () => {
      const waiting = fc.sample(clientScript, { numRuns: runs(400), seed: 6_455 });
      const worker = async () => {
        for (let script = waiting.pop(); script !== undefined; script = waiting.pop()) {
          await play(server, script);
        }
      };
      await Promise.all(Array.from({ length: connectionsAtOnce }, worker));
      await until(
        async () => (await server.state()).clients,
        (clients) => clients === 0,
      );
      await server.descriptorsGivenBack();
      expect(server.process.standardError).toBe("");
    });
  });
});

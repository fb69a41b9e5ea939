import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { honestDuring } from "../../src/attack/honest-connections.ts";
import { until } from "../../src/attack/until.ts";
import { noise } from "../../src/deflate-bytes.ts";
import { concat, FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";
import { receivedLine } from "../../src/transcript.ts";

const write = new FrameWriter("client");
const mebibyte = 1_048_576;
/** Limit on the memory of all unfinished messages in bytes, and the number of messages started. */
const maxReceiveMemory = 8 * mebibyte;
const begun = 20;

const payload = noise(mebibyte);
/** Ways to leave a message of 1 MiB unfinished. */
const unfinished = [
  [
    "binary, its last fragment missing",
    write.frame({ opcode: opcodes.binary, fin: false, payload }),
  ],
  [
    "text, its last fragment missing",
    write.frame({ opcode: opcodes.text, fin: false, payload: new Uint8Array(mebibyte).fill(0x61) }),
  ],
] as const;

/**
 * Returns the Pong's line if the connection is still open after everything sent, otherwise the
 * Close frame's.
 */
async function answerTo(peer: RawPeer): Promise<string> {
  await peer.send(write.ping());
  return receivedLine(await peer.takeFrame());
}

describe.each(runtimes)("unfinished messages on $name", (runtime) => {
  let server: AttackedServer;

  beforeAll(async () => {
    server = await AttackedServer.start(runtime, "echo", { maxReceiveMemory });
  });

  afterAll(() => server?.stop());

  test.each(unfinished)("%s: excess connections are closed with 1013", async (_, frame) => {
    const peers: RawPeer[] = [];
    const answers: string[] = [];
    const figures = await honestDuring(server, async () => {
      for (let i = 0; i < begun; i++) {
        const peer = await server.open();
        peers.push(peer);
        await peer.send(frame);
        answers.push(await answerTo(peer));
      }
    });
    const closed = answers.filter((answer) => answer.startsWith("unmasked close 1013"));
    const kept = answers.filter((answer) => answer.startsWith("unmasked pong 0"));
    console.log(`${runtime.name}: of ${begun} messages of 1 MiB ${kept.length} were kept`);
    expect([...kept, ...closed].sort()).toEqual([...answers].sort());
    expect(kept.length * mebibyte).toBeLessThanOrEqual(maxReceiveMemory);
    // Memory for a growing message is at most four times the received bytes.
    expect(kept.length).toBeGreaterThanOrEqual(2);
    expect(figures.failures).toEqual([]);
    for (const peer of peers) peer.destroy();
    await until(
      () => server.state(),
      ({ clients }) => clients === 0,
    );
    // Afterwards memory is available again, any number of times.
    const peer = await server.open();
    for (let i = 0; i < 10; i++) {
      const content = concat(payload, payload);
      await peer.send(write.binary(content));
      expect(
        Buffer.compare((await peer.takeFrame())?.payload ?? content.subarray(1), content),
      ).toBe(0);
    }
    peer.destroy();
    expect(server.process.standardError).toBe("");
    expect((await server.state()).errors).toEqual([]);
  });
});

import { setTimeout as delay, setImmediate } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { dropInput } from "../../src/attack/flood.ts";
import type { ModeName } from "../../src/attack/modes/table.ts";
import type { SubjectOptions } from "../../src/attack/subject-types.ts";
import { until } from "../../src/attack/until.ts";
import { concat, FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("client");
const secrets = ["the first one's secret", "the second one's secret"] as const;
const rounds = 30;
/** In the first rounds each piece is sent separately, after an interval in milliseconds. */
const slowRounds = 4;
const pieceInterval = 2;
/** Bytes per segment. A long message takes several. */
const segmentLength = 65_536;
const longLength = 307_200;
/** Lengths that cover every way of handling a message. */
const lengths = [30, 64, 65, 127, 128, 200, 500, 1_024, 1_025, 4_096, 5_000, 20_000, 70_000];

/** Returns bytes that repeat the secret. */
function filled(secret: string, length: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(length, `${secret}; `));
}

/** Masking keys with which received bytes do and do not equal their payload. */
const maskingKeys = [
  [0, 0, 0, 0],
  [0x37, 0xfa, 0x21, 0x3d],
];

/**
 * Returns what a connection sends in one round: bursts, single messages, and long messages in
 * pieces.
 */
function piecesOf(secret: string, maskingKey: readonly number[]): Uint8Array[] {
  const frame = (length: number, opcode: number = opcodes.binary, fin = true) =>
    write.frame({ opcode, fin, maskingKey, payload: filled(secret, length) });
  const alone = lengths.map((length) => frame(length));
  const burst = concat(...alone.slice(0, 8), ...alone.slice(0, 8));
  const long = frame(longLength);
  const segments = Array.from({ length: Math.ceil(long.length / segmentLength) }, (_, i) =>
    long.subarray(i * segmentLength, (i + 1) * segmentLength),
  );
  const fragments = [frame(3_000, opcodes.binary, false), frame(3_000, opcodes.continuation)];
  const pong = frame(100, opcodes.pong);
  return [pong, burst, ...fragments, ...alone, ...alone.toReversed(), ...segments, pong];
}

const ways: readonly { name: string; mode: ModeName; options: SubjectOptions }[] = [
  { name: "given messages", mode: "searching", options: {} },
  { name: "borrowed messages", mode: "searching", options: { borrowedMessages: true } },
  { name: "the wire and given messages", mode: "searching-wire", options: {} },
  {
    name: "the wire and borrowed messages",
    mode: "searching-wire",
    options: { borrowedMessages: true },
  },
];

describe.each(runtimes)("what a handler sees of others' memory on $name", (runtime) => {
  const servers = new Map<string, AttackedServer>();

  beforeAll(async () => {
    for (const { name, mode, options } of ways) {
      servers.set(name, await AttackedServer.start(runtime, mode, options));
    }
  });

  afterAll(async () => {
    for (const server of servers.values()) await server.stop();
  });

  test.each(ways)("$name", async ({ name }) => {
    const server = servers.get(name) as AttackedServer;
    const peers: RawPeer[] = [];
    for (const [index] of secrets.entries()) {
      const peer = await server.open({ id: String(index), foreign: secrets[1 - index] });
      dropInput(peer);
      peers.push(peer);
    }
    const inBothWays = maskingKeys.map((key) => secrets.map((secret) => piecesOf(secret, key)));
    for (let round = 0; round < rounds; round++) {
      const all = inBothWays[round % 2];
      for (let index = 0; index < all[0].length; index++) {
        for (const [number, peer] of peers.entries()) {
          await peer.send(all[number][index]);
          if (round < slowRounds) await delay(pieceInterval);
        }
        await setImmediate();
      }
    }
    for (const peer of peers) {
      await peer.send(write.close(1000));
      peer.end();
    }
    const { notes } = await until(
      () => server.state(),
      ({ clients }) => clients === 0,
    );
    expect(notes).toEqual([]);
    expect(server.process.standardError).toBe("");
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { dropInput } from "../../src/attack/flood.ts";
import type { ModeName } from "../../src/attack/modes/table.ts";
import type { SubjectOptions } from "../../src/attack/subject.ts";
import { until } from "../../src/attack/until.ts";
import { concat, FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes } from "../../src/runtimes.ts";

const write = new FrameWriter("client");
const secrets = ["the first one's secret", "the second one's secret"] as const;
const rounds = 50;
/** How many bytes go into a segment: a long message takes several. */
const segmentLength = 65_536;
const longLength = 307_200;
/** Messages of any length that is handled in a way of its own. */
const lengths = [30, 64, 65, 127, 128, 200, 500, 1_024, 1_025, 4_096, 5_000, 20_000, 70_000];

/** Nothing but the secret, over and over. */
function filled(secret: string, length: number): Uint8Array {
  return new Uint8Array(Buffer.alloc(length, `${secret}; `));
}

/** What a connection sends in one round: bursts, messages that come alone, long ones in pieces. */
function piecesOf(secret: string): Uint8Array[] {
  const alone = lengths.map((length) => write.binary(filled(secret, length)));
  const burst = concat(...alone.slice(0, 8), ...alone.slice(0, 8));
  const long = write.binary(filled(secret, longLength));
  const segments = Array.from({ length: Math.ceil(long.length / segmentLength) }, (_, i) =>
    long.subarray(i * segmentLength, (i + 1) * segmentLength),
  );
  const fragments = [
    write.frame({ opcode: opcodes.binary, fin: false, payload: filled(secret, 3_000) }),
    write.frame({ opcode: opcodes.continuation, payload: filled(secret, 3_000) }),
  ];
  const pong = write.pong(filled(secret, 100));
  return [pong, burst, ...fragments, ...alone, ...segments, pong];
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

describe.each(runtimes)("what a handler sees of other connections on $name", (runtime) => {
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
    const all = secrets.map(piecesOf);
    for (let round = 0; round < rounds; round++) {
      for (let index = 0; index < all[0].length; index++) {
        // Each piece is read on its own, between those of the other connection.
        for (const [number, peer] of peers.entries()) await peer.send(all[number][index]);
        await new Promise((resolve) => setImmediate(resolve));
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

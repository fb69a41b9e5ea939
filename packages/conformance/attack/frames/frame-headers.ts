import { setTimeout as delay } from "node:timers/promises";
import { noise } from "../../src/deflate-bytes.ts";
import { concat, FrameWriter, opcodes, utf8 } from "../../src/frame-bytes.ts";
import type { Attack } from "../instrument/attack.ts";
import type { Scene } from "../instrument/scene.ts";

const group = "frames";
const write = new FrameWriter("client");
const { binary, continuation, text, ping, close } = opcodes;
const mebibyte = 1_048_576n;

/** Declared lengths, and the status code of the Close frame that each gets. */
const lengths: Readonly<Record<string, readonly [bigint, number]>> = {
  "16 MiB and 1": [16n * mebibyte + 1n, 1009],
  "2^31 - 1": [2n ** 31n - 1n, 1009],
  "2^31": [2n ** 31n, 1009],
  "2^32 - 1": [2n ** 32n - 1n, 1009],
  "2^32": [2n ** 32n, 1009],
  "2^32 + 1": [2n ** 32n + 1n, 1009],
  "2^53": [2n ** 53n, 1009],
  "2^53 + 1": [2n ** 53n + 1n, 1009],
  "2^63 - 1": [2n ** 63n - 1n, 1009],
  // RFC 6455 section 5.2: the most significant bit must be 0.
  "2^63": [2n ** 63n, 1002],
  "2^63 + 1": [2n ** 63n + 1n, 1002],
  "2^64 - 1": [2n ** 64n - 1n, 1002],
};

const opcodesTried = [text, binary];

async function declareLengths(scene: Scene): Promise<void> {
  const rounds = scene.size(20, 1);
  for (const [name, [declaredLength, statusCode]] of Object.entries(lengths)) {
    await scene.times(rounds * opcodesTried.length, async (index) => {
      const peer = await scene.open();
      const opcode = opcodesTried[index % opcodesTried.length];
      const bytes = write.frame({ opcode, declaredLength, lengthBits: 64 });
      await peer.send(concat(bytes, new Uint8Array(10)));
      if (scene.isOurs) scene.expect(`length ${name}`, await peer.takeCloseCode(), statusCode);
      else await peer.ended();
      peer.destroy();
    });
  }
}

/** Declares messages that are just short enough and sends their first bytes: nothing is reserved. */
async function promise(scene: Scene): Promise<void> {
  const declared = write.frame({ opcode: binary, declaredLength: 16n * mebibyte });
  const peers = await scene.openMany(scene.size(1_000, 200));
  for (const peer of peers) await peer.send(concat(declared, new Uint8Array(100)));
  for (const peer of peers) await peer.send(new Uint8Array(100));
  await delay(scene.duration);
  const gone = peers.filter(({ inputEnd }) => inputEnd !== undefined).length;
  scene.expect("connections that were closed for a length that was only declared", gone, 0);
}

/** Sends headers, and what follows them at first, byte by byte. */
async function drip(scene: Scene): Promise<void> {
  const peers = await scene.openMany(scene.size(1_000, 100));
  for (const length of [126, 65_536]) {
    const frame = write.frame({ opcode: text, payload: utf8("x".repeat(length)) });
    const [first, rest] = [frame.subarray(0, 100), frame.subarray(100)];
    for (const byte of first) {
      for (const { socket } of peers) socket.write(Uint8Array.of(byte));
      await delay(scene.size(10, 1));
    }
    for (const { socket } of peers) socket.write(rest);
    const start = `unmasked text ${length}`;
    for (const peer of peers) {
      const line = await peer.takeLine();
      scene.expect("the echo of a dripped message", line.slice(0, start.length), start);
    }
  }
}

/** Frames that break a rule, and the status code of the Close frame that each gets. */
const broken: Readonly<Record<string, readonly [Uint8Array, number]>> = {
  "RSV1 without an extension": [write.frame({ opcode: text, rsv: 4 }), 1002],
  RSV2: [write.frame({ opcode: text, rsv: 2 }), 1002],
  RSV3: [write.frame({ opcode: text, rsv: 1 }), 1002],
  "no masking key": [write.frame({ opcode: text, masked: false }), 1002],
  "a Ping of 126 bytes": [write.ping(new Uint8Array(126)), 1002],
  "a fragmented Ping": [write.frame({ opcode: ping, fin: false }), 1002],
  "a continuation of nothing": [write.frame({ opcode: continuation }), 1002],
  "a message within a message": [
    concat(write.frame({ opcode: text, fin: false }), write.text("x")),
    1002,
  ],
  "a length that is longer than needed": [write.frame({ opcode: text, lengthBits: 64 }), 1002],
  "text that is not UTF-8": [
    write.frame({ opcode: text, payload: Uint8Array.of(0xc3, 0x28) }),
    1007,
  ],
  "a surrogate in UTF-8": [
    write.frame({ opcode: text, fin: false, payload: Uint8Array.of(0xed, 0xa0, 0x80) }),
    1007,
  ],
  "a Close frame of one byte": [write.frame({ opcode: close, payload: Uint8Array.of(3) }), 1002],
  "a reason that is not UTF-8": [
    write.frame({ opcode: close, payload: Uint8Array.of(3, 0xe8, 0xff) }),
    1007,
  ],
  ...Object.fromEntries(
    [3, 4, 5, 6, 7, 0xb, 0xc, 0xd, 0xe, 0xf].map((opcode) => [
      `opcode ${opcode}`,
      [write.frame({ opcode }), 1002] as const,
    ]),
  ),
};

async function breakRules(scene: Scene): Promise<void> {
  for (const [name, [bytes, statusCode]] of Object.entries(broken)) {
    await scene.times(scene.size(100, 2), async () => {
      const peer = await scene.open();
      await peer.send(bytes);
      if (scene.isOurs) scene.expect(name, await peer.takeCloseCode(), statusCode);
      else await peer.takeFrame();
      peer.destroy();
    });
  }
}

/** Sends noise behind handshakes: each part begins at another place of the same noise. */
async function sendNoise(scene: Scene): Promise<void> {
  const bytes = noise(65_536);
  const count = scene.size(2_000, 200);
  await scene.times(count, async (index) => {
    const peer = await scene.open();
    const at = (index * 31) % 60_000;
    await peer.send(bytes.subarray(at, at + 2_000));
    peer.end();
    await peer.ended();
    peer.destroy();
  });
}

/** Frame headers that lie, break rules or take their time. */
export const frameHeaders: readonly Attack[] = [
  {
    name: "declared lengths",
    group,
    about: "messages declared to have from 16 MiB and 1 to 2^64 - 1 bytes",
    thresholds: { memory: 32 },
    run: declareLengths,
  },
  {
    name: "messages that are only declared",
    group,
    about: "1,000 connections declare 16 MiB each and send 200 bytes (short: 200)",
    thresholds: { memory: 96 },
    run: promise,
  },
  {
    name: "frames byte by byte",
    group,
    about: "1,000 connections send a message and its header in segments of one byte (short: 100)",
    thresholds: { memory: 192 },
    run: drip,
  },
  {
    name: "frames that break rules",
    group,
    about: `${Object.keys(broken).length} faults, each of which must get its status code`,
    thresholds: { memory: 96 },
    run: breakRules,
  },
  {
    name: "noise",
    group,
    about: "2,000 connections send noise instead of frames (short: 200)",
    thresholds: { memory: 96 },
    run: sendNoise,
  },
];

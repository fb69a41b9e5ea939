import { setTimeout as delay } from "node:timers/promises";
import { concat, FrameWriter, opcodes, utf8 } from "../../src/frame-bytes.ts";
import type { Attack } from "../instrument/attack.ts";
import type { AttackingPeer } from "../instrument/attacking-peer.ts";
import { expectLinear } from "../instrument/doubling.ts";
import type { Scene } from "../instrument/scene.ts";

const group = "frames";
const write = new FrameWriter("client");
const { binary, continuation, text } = opcodes;
const mebibyte = 1_048_576;

/** Sends bytes in segments of a length: the peer reads them one by one, or a few at once. */
async function inSegments(peer: AttackingPeer, bytes: Uint8Array, length: number): Promise<void> {
  for (let at = 0; at < bytes.length; at += length) {
    await peer.write(bytes.subarray(at, at + length));
  }
}

/** Sends one long message in tiny segments: what came before must not be copied for each. */
async function tinySegments(scene: Scene): Promise<void> {
  await expectLinear(scene, "segments of 10 bytes", scene.size(400_000, 60_000), async (size) => {
    const peer = await scene.open();
    await inSegments(peer, write.binary(new Uint8Array(size)), 10);
    scene.expect("the length of the echo", (await peer.takeFrame())?.payload.length, size);
    peer.destroy();
  });
}

/** Texts that are sent in fragments of one byte, the second one with characters of three bytes. */
const texts = { "fragments of 1 byte": "abc", "fragments of a third of a character": "\u20ac" };

/** Sends one message in fragments of one byte: time must not depend on those before. */
async function tinyFragments(scene: Scene): Promise<void> {
  for (const [name, content] of Object.entries(texts)) {
    const fragments = concat(
      ...[...utf8(content)].map((byte) =>
        write.frame({ opcode: continuation, fin: false, payload: Uint8Array.of(byte) }),
      ),
    );
    await expectLinear(scene, name, scene.size(60_000, 12_000), async (size) => {
      const peer = await scene.open();
      const message = concat(
        write.frame({ opcode: text, fin: false }),
        Buffer.alloc(size * fragments.length, fragments),
        write.frame({ opcode: continuation }),
      );
      await peer.write(message);
      scene.expect("the length of the echo", (await peer.takeFrame())?.payload.length, 3 * size);
      peer.destroy();
    });
  }
}

/** Many clients send the longest messages there are, of text that needs two bytes per character. */
async function longText(scene: Scene): Promise<void> {
  const content = utf8("\u20ac".repeat(scene.size(16, 2) * 349_000));
  const frame = write.frame({ opcode: text, payload: content });
  await scene.times(scene.size(20, 6), async () => {
    const peer = await scene.open();
    await peer.write(frame);
    const echo = await peer.takeFrame();
    scene.expect("the length of the echo", echo?.payload.length, content.length);
    peer.destroy();
  });
}

/** Sends fragments of messages that never end, on many connections. */
async function neverEnd(scene: Scene): Promise<void> {
  const first = write.frame({ opcode: binary, fin: false });
  const fragment = write.frame({
    opcode: continuation,
    fin: false,
    payload: new Uint8Array(65_536),
  });
  const peers = await scene.openMany(scene.size(1_000, 300));
  for (const peer of peers) {
    peer.drop();
    await peer.send(first);
  }
  for (let round = 0; round < scene.size(32, 16); round++) {
    for (const peer of peers) await peer.write(fragment);
  }
  await delay(scene.size(500, 50));
  scene.note("still open", await scene.openConnections());
}

/** Half a frame of 8 MiB on as many connections. */
async function halfFrames(scene: Scene): Promise<void> {
  const frame = write.binary(new Uint8Array(2 * mebibyte)).subarray(0, mebibyte);
  await scene.times(scene.size(600, 300), async () => {
    const peer = await scene.open();
    peer.drop();
    await peer.write(frame);
  });
  await delay(scene.size(500, 50));
}

/**
 * The default `maxReceiveMemory` in MiB, and what a runtime needs beside it. Bun frees received
 * chunks late.
 */
const receiveMemory = 256 + 512;

/** Messages that take long, in time or in memory. */
export const longMessages: readonly Attack[] = [
  {
    name: "a long message in tiny segments",
    group,
    about: "one message of 400 and of 800 KB in segments of 10 bytes; CPU time must be linear",
    thresholds: { memory: 96 },
    run: tinySegments,
  },
  {
    name: "a message of tiny fragments",
    group,
    about: "one message of 180,000 and of 360,000 fragments of 1 byte; CPU time must be linear",
    thresholds: { memory: 96 },
    run: tinyFragments,
  },
  {
    name: "long text",
    group,
    about:
      "20 connections at once send 16 MiB of text in three bytes per character and get the echo",
    thresholds: { memory: 1_536, kept: 64 },
    run: longText,
  },
  {
    name: "messages that never end",
    group,
    about: "1,000 connections send 2 MiB each of a message that never ends",
    thresholds: { memory: receiveMemory },
    run: neverEnd,
  },
  {
    name: "halves of frames",
    group,
    about: "600 connections send the first MiB of a frame of 2 MiB",
    thresholds: { memory: receiveMemory },
    run: halfFrames,
  },
];

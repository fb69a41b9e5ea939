import { setTimeout as delay } from "node:timers/promises";
import { deflated } from "../../src/deflate-bytes.ts";
import { concat, opcodes, utf8 } from "../../src/frame-bytes.ts";
import type { Attack, Setup } from "../instrument/attack.ts";
import type { Scene } from "../instrument/scene.ts";
import { bomb, compressed, openCompressed, write } from "./compressed-frames.ts";

const group = "deflate";
const mebibyte = 1_048_576;
const setup: Setup = { options: { compression: true } };
/**
 * The default `maxReceiveMemory` in MiB, and what a runtime needs beside it. Bun frees received
 * chunks late.
 */
const receiveMemory = 256 + 512;

/** Sends messages that decompress to more than the limit. */
async function tooLong(scene: Scene): Promise<void> {
  const payload = bomb(scene.size(1_024, 64) * mebibyte);
  // Its limit is higher than the frame's: compressed it is short enough.
  const send = async () => {
    const peer = await openCompressed(scene);
    await peer.write(compressed(payload));
    if (scene.isOurs) scene.expect("a bomb", await peer.takeCloseCode(), 1009);
    else await peer.takeFrame();
    peer.destroy();
  };
  // More at once would exceed `maxReceiveMemory` first.
  await scene.times(scene.size(40, 10), send, 8);
}

/** A bomb that is compressed again: it must be decompressed once. */
async function nested(scene: Scene): Promise<void> {
  const inner = bomb(256 * mebibyte);
  const payload = deflated(inner);
  scene.note("bytes sent for 256 MiB", payload.length);
  await scene.times(scene.size(200, 20), async () => {
    const peer = await openCompressed(scene);
    await peer.write(compressed(payload));
    const frame = await peer.takeFrame();
    if (scene.isOurs) scene.expect("the opcode of the echo", frame?.opcode, 2);
    peer.destroy();
  });
}

/** Messages just below the limit, from a few connections without pause. */
async function longest(scene: Scene): Promise<void> {
  const frame = compressed(bomb(16 * mebibyte));
  let count = 0;
  await scene.times(scene.size(50, 12), async () => {
    const peer = await openCompressed(scene);
    await scene.during(scene.duration, async () => {
      await peer.write(frame);
      const echo = await peer.takeFrame();
      if (echo?.opcode === opcodes.binary) count++;
      // Beyond `maxReceiveMemory` the server closes with 1013.
      else await delay(50);
    });
  });
  scene.note("messages of 16 MiB", count);
}

/** Unfinished messages that have decompressed to almost the limit. */
async function unfinished(scene: Scene): Promise<void> {
  const frame = compressed(bomb(16 * mebibyte - 1_000), false);
  await scene.times(scene.size(100, 40), async () => {
    const peer = await openCompressed(scene);
    await peer.send(concat(frame, write.ping()));
    // The Pong comes when everything before it was read, or else a Close frame.
    await peer.takeFrame();
  });
}

/** Stored blocks without content (RFC 1951 section 3.2.4): decompressing them yields nothing. */
async function nothingInside(scene: Scene): Promise<void> {
  const blocks = Buffer.alloc(5 * scene.size(1_600_000, 200_000), Uint8Array.of(0, 0, 0, 255, 255));
  const frame = compressed(concat(blocks, deflated(utf8("x"))));
  await scene.times(scene.size(20, 6), async () => {
    const peer = await openCompressed(scene);
    await peer.write(frame);
    const echo = await peer.takeFrame();
    if (scene.isOurs) scene.expect("the echo of empty blocks", echo?.payload.length, 1);
    peer.destroy();
  });
}

/** Messages that decompress to much more than they are. */
export const bombs: readonly Attack[] = [
  {
    name: "bombs beyond the limit",
    group,
    about: "40 messages of 1 MiB that decompress to 1 GiB each (short: 10 of 64 MiB)",
    setup,
    thresholds: { memory: receiveMemory },
    run: tooLong,
  },
  {
    name: "nested bombs",
    group,
    about: "200 messages that decompress to a bomb of 256 KiB, which itself would to 256 MiB",
    setup,
    thresholds: { memory: 128 },
    run: nested,
  },
  {
    name: "bombs within the limit",
    group,
    about:
      "50 connections send messages that decompress to 16 MiB, one after the other (short: 12)",
    setup,
    thresholds: { memory: receiveMemory },
    run: longest,
  },
  {
    name: "unfinished bombs",
    group,
    about: "100 connections send all but the end of a message that decompresses to 16 MiB",
    setup,
    thresholds: { memory: 96 },
    run: unfinished,
  },
  {
    name: "empty blocks",
    group,
    about: "20 messages of 1,600,000 empty DEFLATE blocks each",
    setup,
    thresholds: { memory: receiveMemory },
    run: nothingInside,
  },
];

import { setTimeout as delay } from "node:timers/promises";
import { deflated, json, noise } from "../../src/deflate-bytes.ts";
import { opcodes, utf8 } from "../../src/frame-bytes.ts";
import type { Attack } from "../instrument/attack.ts";
import type { Scene } from "../instrument/scene.ts";
import { compressed, offerOfWindows, openCompressed, write } from "./compressed-frames.ts";

const group = "deflate";
const mebibyte = 1_048_576;

/** Makes the server keep a window for each connection, if it does, and stays. */
async function keepWindows(scene: Scene): Promise<void> {
  const content = utf8(json(20_000));
  const frame = compressed(deflated(content), true, opcodes.text);
  await scene.times(scene.size(2_000, 400), async () => {
    const peer = await openCompressed(scene, offerOfWindows);
    await peer.send(frame);
    const echo = await peer.takeFrame();
    scene.expect("the opcode of the echo", echo?.opcode, opcodes.text);
  });
  await delay(scene.size(500, 50));
}

/** Messages that are being decompressed on more connections than the pool has compressors for. */
async function usePool(scene: Scene): Promise<void> {
  const payload = deflated(noise(20_000));
  const peers = await scene.times(scene.size(500, 100), () => openCompressed(scene));
  for (const peer of peers) await peer.send(compressed(payload.subarray(0, 10_000), false));
  for (const peer of peers.toReversed()) {
    await peer.send(
      write.frame({ opcode: opcodes.continuation, payload: payload.subarray(10_000) }),
    );
    const echo = await peer.takeFrame();
    scene.expect("the opcode of the echo", echo?.opcode, opcodes.binary);
    peer.destroy();
  }
}

/** Windows and compressors of many connections. */
export const compressorMemory: readonly Attack[] = [
  {
    name: "windows of idle connections",
    group,
    about: "2,000 connections send one compressed message and stay (short: 400)",
    setup: { options: { compression: { contextTakeover: true } } },
    thresholds: { memory: 256, kept: 64 },
    run: keepWindows,
  },
  {
    name: "pool of compressors used up",
    group,
    about: "500 connections are within a compressed message, and 1 MiB is allowed for compressors",
    setup: { options: { compression: { maxMemory: mebibyte } } },
    thresholds: { memory: 192 },
    run: usePool,
  },
];

import { setTimeout as delay } from "node:timers/promises";
import { concat, FrameWriter } from "../../src/frame-bytes.ts";
import type { Attack, Setup } from "../instrument/attack.ts";
import type { Scene } from "../instrument/scene.ts";
import { interval } from "../victims/application.ts";

const group = "frames";
const write = new FrameWriter("client");
/** Bytes that may wait for all clients together, so that the attack reaches the limit. */
const maxTotalBufferedAmount = 134_217_728;
const setup: Setup = { options: { maxTotalBufferedAmount } };
/** The limit in MiB, and what a runtime needs beside it. */
const memory = 128 + 192;

/** Opens connections that read nothing. */
async function silent(scene: Scene, count: number) {
  const peers = await scene.openMany(count);
  for (const { socket } of peers) socket.pause();
  return peers;
}

/** Asks the server, because connections that are not read do not notice their end. */
async function noteOpen(scene: Scene): Promise<void> {
  scene.note("still open", await scene.openConnections());
}

/** Asks for messages. */
async function sent(scene: Scene): Promise<void> {
  const peers = await silent(scene, scene.size(100, 40));
  for (const peer of peers) await peer.send(write.text(`!send ${scene.size(400, 80)} 65536`));
  await delay(scene.duration);
  await noteOpen(scene);
}

/** Writes the same bytes again and again on each connection, at most so many times. */
async function pressOn(
  scene: Scene,
  peers: Awaited<ReturnType<typeof silent>>,
  bytes: Uint8Array,
  most = Number.POSITIVE_INFINITY,
): Promise<void> {
  let isOver = false;
  const end = delay(scene.duration).then(() => {
    isOver = true;
  });
  const press = async (peer: (typeof peers)[number]) => {
    for (let i = 0; i < most && !isOver && peer.socket.writable; i++) {
      await Promise.race([peer.write(bytes), end]);
    }
  };
  await Promise.all(peers.map(press));
}

/** Sends long messages to an application that echoes them, whether or not they are read. */
async function echoed(scene: Scene): Promise<void> {
  const peers = await silent(scene, scene.size(50, 10));
  await pressOn(scene, peers, write.binary(new Uint8Array(1_048_576)), 40);
  await noteOpen(scene);
}

/** Small messages: what waits is many objects, not many bytes. */
async function manyEchoes(scene: Scene): Promise<void> {
  const peers = await silent(scene, 3);
  await pressOn(scene, peers, concat(...Array<Uint8Array>(8_000).fill(write.text("x"))));
  await noteOpen(scene);
}

/** Asks for messages to all. The honest clients read theirs. */
async function broadcast(scene: Scene): Promise<void> {
  const peers = await silent(scene, scene.size(200, 60));
  const count = scene.size(300, 160);
  await peers[0].send(write.text(`!broadcast ${count} 65536`));
  await delay(count * interval + scene.duration);
  await noteOpen(scene);
}

/** Reads one byte now and then. */
async function slowly(scene: Scene): Promise<void> {
  const peers = await silent(scene, scene.size(100, 20));
  for (const peer of peers) await peer.send(write.text(`!send ${scene.size(400, 80)} 65536`));
  await scene.during(scene.duration, async () => {
    for (const { socket } of peers) {
      socket.resume();
      socket.once("data", () => socket.pause());
    }
    await delay(50);
  });
}

/** Clients that do not read what they get. */
export const silentReaders: readonly Attack[] = [
  {
    name: "reading nothing that is sent",
    group,
    about: "100 connections ask for 25 MiB each and read nothing",
    setup,
    thresholds: { memory },
    run: sent,
  },
  {
    name: "reading no echo of long messages",
    group,
    about: "50 connections send 40 messages of 1 MiB each and read no echo",
    setup,
    thresholds: { memory },
    run: echoed,
  },
  {
    name: "reading no echo of short messages",
    group,
    about: "three connections send messages of 1 byte at full speed and read no echo",
    setup,
    thresholds: { memory },
    run: manyEchoes,
  },
  {
    name: "reading no broadcast",
    group,
    about: "200 connections read nothing while 300 messages of 64 KiB are sent to all",
    setup,
    thresholds: { memory, kept: 32 },
    run: broadcast,
  },
  {
    name: "reading slowly",
    group,
    about: "100 connections ask for 25 MiB each and read a segment 20 times a second",
    setup,
    thresholds: { memory },
    run: slowly,
  },
];

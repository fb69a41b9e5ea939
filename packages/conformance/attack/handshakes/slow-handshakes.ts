import { setTimeout as delay } from "node:timers/promises";
import { upgradeTo } from "../../src/attack/attacked-server.ts";
import { utf8 } from "../../src/frame-bytes.ts";
import { httpHead } from "../../src/opening-handshake.ts";
import type { Attack, Setup } from "../instrument/attack.ts";
import type { AttackingPeer } from "../instrument/attacking-peer.ts";
import type { Scene } from "../instrument/scene.ts";

const group = "handshakes";
/** The default timeouts take long, so the short form has its own. */
const impatient = (isShort: boolean): Setup =>
  isShort ? { options: { handshakeTimeout: 1_000, closeTimeout: 1_000 } } : {};

/** For more connections than may be pending. */
const crowded = (isShort: boolean): Setup =>
  isShort ? { options: { ...impatient(isShort).options, maxPendingHandshakes: 100 } } : {};

/** A head that is one byte short of the limit, without its end. */
const heldHead = Buffer.alloc(16_383, "x");
heldHead.write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: ");

/** Counts the answers by status. */
async function noteStatuses(scene: Scene, peers: readonly AttackingPeer[]): Promise<void> {
  const counts = new Map<string, number>();
  for (const peer of peers.filter(({ inputEnd }) => inputEnd !== undefined)) {
    const status = await peer.takeStatus();
    counts.set(status, (counts.get(status) ?? 0) + 1);
  }
  for (const [status, count] of counts) scene.note(`answered ${status}`, count);
}

/** Sends one byte of a handshake on each connection at an interval. */
async function trickle(scene: Scene): Promise<void> {
  const peers = await scene.times(scene.size(2_000, 200), () => scene.connect());
  const head = upgradeTo({});
  for (const byte of head.subarray(0, scene.size(12, 20))) {
    for (const { socket } of peers) if (socket.writable) socket.write(Uint8Array.of(byte));
    await delay(scene.size(1_000, 50));
  }
  await scene.allEnded(peers);
  await noteStatuses(scene, peers);
}

async function holdHeads(scene: Scene): Promise<void> {
  const peers = await scene.times(scene.size(900, 200), async () => {
    const peer = await scene.connect();
    await peer.send(heldHead);
    return peer;
  });
  await scene.allEnded(peers);
  await noteStatuses(scene, peers);
}

async function staySilent(scene: Scene): Promise<void> {
  const peers = await scene.times(scene.size(3_000, 400), () => scene.connect());
  await scene.allEnded(peers);
  await noteStatuses(scene, peers);
}

/** Sends a request and then bytes without end, on 20 connections that read nothing. */
const floodAfter = (request: Uint8Array) => async (scene: Scene) => {
  const peers = await scene.times(20, () => scene.connect());
  const bytes = new Uint8Array(65_536).fill(0x61);
  const flood = async (peer: AttackingPeer) => {
    peer.socket.pause();
    await peer.send(request);
    await scene.during(scene.duration, () => peer.write(bytes));
  };
  await Promise.all(peers.map(flood));
  for (const { socket } of peers) socket.resume();
  await scene.allEnded(peers);
};

const chunks = httpHead(
  "POST / HTTP/1.1",
  "Host: 127.0.0.1",
  "Transfer-Encoding: chunked",
).toString();

/** Handshakes and requests that take long, or never end. */
export const slowHandshakes: readonly Attack[] = [
  {
    name: "one byte a second",
    group,
    about:
      "2,000 connections send one byte of their handshake a second (short: 200, of which 100 may be pending, one in 50 ms)",
    setup: crowded,
    thresholds: { memory: 96 },
    run: trickle,
  },
  {
    name: "heads held",
    group,
    about: "900 connections send 16 KiB of a head and not its end (short: 200)",
    setup: impatient,
    thresholds: { memory: 96 },
    run: holdHeads,
  },
  {
    name: "silent connections",
    group,
    about: "3,000 connections say nothing (short: 400, of which 100 may be pending)",
    setup: crowded,
    thresholds: { memory: 96 },
    run: staySilent,
  },
  {
    name: "empty lines without end",
    group,
    about: "20 connections send empty lines instead of a request line, without end",
    setup: impatient,
    thresholds: { memory: 96 },
    async run(scene) {
      const lines = Buffer.alloc(65_536, "\r\n");
      await floodAfter(lines)(scene);
    },
  },
  {
    name: "flood after a refusal",
    group,
    about: "20 connections send a bad request, read no answer and send on without end",
    setup: impatient,
    thresholds: { memory: 96 },
    run: floodAfter(utf8("GET / HTTP/1.1\r\n\r\n")),
  },
  {
    name: "bodies without end",
    group,
    about: "20 connections send a chunked request body without end",
    setup: impatient,
    thresholds: { memory: 96 },
    run: floodAfter(utf8(`${chunks}fffffff\r\n`)),
  },
  {
    name: "flood while accept decides",
    group,
    about: "20 connections send a handshake that takes a second to decide, and more without end",
    setup: impatient,
    thresholds: { memory: 96 },
    run: floodAfter(upgradeTo({ wait: "1000" })),
  },
];

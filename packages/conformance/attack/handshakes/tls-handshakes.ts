import { setTimeout as delay } from "node:timers/promises";
import { connect } from "node:tls";
import { upgradeTo } from "../../src/attack/attacked-server.ts";
import type { Attack, Setup } from "../instrument/attack.ts";
import type { AttackingPeer } from "../instrument/attacking-peer.ts";
import type { Scene } from "../instrument/scene.ts";

const group = "handshakes";
const setup = (isShort: boolean): Setup => ({
  isSecure: true,
  ...(isShort ? { options: { handshakeTimeout: 1_000, maxPendingHandshakes: 100 } } : {}),
});

/** The first bytes of an unfinished ClientHello (RFC 8446 section 4.1.2) of 512 bytes. */
const halfHello = Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, ...Array(100).fill(7));

/** What the connections send, by turns. */
const beginnings: readonly ((peer: AttackingPeer) => Promise<void>)[] = [
  async () => {},
  (peer) => peer.send(halfHello),
  (peer) => peer.send(upgradeTo({})),
  (peer) => peer.send(new Uint8Array(500).fill(0xff)),
  async (peer) => {
    for (const byte of halfHello) {
      if (!peer.socket.writable) return;
      await peer.send(Uint8Array.of(byte));
      await delay(50);
    }
  },
];

async function neverEnd(scene: Scene): Promise<void> {
  const peers = await scene.times(scene.size(2_000, 150), () => scene.connect());
  await Promise.all(peers.map((peer, index) => beginnings[index % beginnings.length](peer)));
  await scene.allEnded(peers);
}

/** Performs TLS handshakes and leaves: each costs the server a signature. */
async function handshakesOnly(scene: Scene): Promise<void> {
  const count = await scene.during(scene.duration, () =>
    Promise.all(Array.from({ length: 10 }, () => tlsHandshake(scene.port))),
  );
  scene.note("handshakes", count * 10);
}

function tlsHandshake(port: number): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false });
    socket.once("secureConnect", () => socket.destroy());
    socket.on("error", () => {});
    socket.once("close", () => resolve());
  });
}

/** Attacks on the handshake of TLS. */
export const tlsHandshakes: readonly Attack[] = [
  {
    name: "TLS handshakes that never end",
    group,
    about:
      "2,000 connections send nothing, half a ClientHello, one byte by byte, plain HTTP or noise (short: 150, of which 100 may be pending)",
    setup,
    thresholds: { memory: 128 },
    run: neverEnd,
  },
  {
    name: "TLS handshakes alone",
    group,
    about: "ten clients at once perform TLS handshakes and leave, again and again",
    setup,
    thresholds: { memory: 128 },
    run: handshakesOnly,
  },
];

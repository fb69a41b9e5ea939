import { once } from "node:events";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { upgradeTo } from "../../src/attack/attacked-server.ts";
import type { Attack } from "../instrument/attack.ts";
import type { Scene } from "../instrument/scene.ts";

const group = "handshakes";

/** Connects, and resets the connection as soon as it is established. */
async function connectAndReset(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => socket.resetAndDestroy());
  socket.on("error", () => {});
  await once(socket, "close");
}

/** They reset while the server accepts the first ones. */
async function resetAtOnce(scene: Scene): Promise<void> {
  for (let round = 0; round < scene.size(10, 2); round++) {
    await Promise.all(Array.from({ length: 300 }, () => connectAndReset(scene.port)));
  }
}

const storm = (perSecond: number) => async (scene: Scene) => {
  const attempts: Promise<void>[] = [];
  const start = performance.now();
  for (let elapsed = 0; elapsed < scene.duration; elapsed = performance.now() - start) {
    while (attempts.length < (elapsed * perSecond) / 1_000) {
      attempts.push(connectAndReset(scene.port));
    }
    await delay(5);
  }
  await Promise.all(attempts);
  scene.note("connections", attempts.length);
};

/** Ways to leave. */
const departures = ["end", "destroy", "reset"] as const;

/** Connects, asks for something that takes time to decide, and leaves before, during or after. */
async function vanish(scene: Scene): Promise<void> {
  await scene.times(scene.size(1_000, 300), async (index) => {
    const peer = await scene.connect();
    await peer.send(upgradeTo({ wait: "100" }));
    await delay((index * 7) % 150);
    peer[departures[index % departures.length]]();
    if (!peer.socket.destroyed) await delay(200);
    peer.destroy();
  });
}

/** Opens connections and leaves at once. */
async function openAndLeave(scene: Scene): Promise<void> {
  await scene.times(scene.size(2_000, 400), async (index) => {
    const peer = await scene.open();
    peer[departures[index % departures.length]]();
    peer.destroy();
  });
}

/** Limit of the server that runs out of descriptors, and number of connections that want one. */
const maxDescriptors = 160;
const offered = 400;

async function useUpDescriptors(scene: Scene): Promise<void> {
  // Deno opens descriptors for its own use in the first second, and exits if it cannot.
  await delay(1_500);
  const sockets = Array.from({ length: offered }, () => {
    const socket = connect(scene.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(upgradeTo({}));
    return socket;
  });
  const deadline = performance.now() + 10_000;
  const isUsedUp = () => scene.descriptors >= maxDescriptors - 8;
  while (!isUsedUp() && performance.now() < deadline) await delay(10);
  scene.expect("the descriptors are used up", isUsedUp(), true);
  await delay(scene.duration);
  for (const socket of sockets) socket.destroy();
}

/** Clients that come and go. */
export const connectionStorms: readonly Attack[] = [
  ...[20, 100, 400, 2_000].map((perSecond) => ({
    name: `connect and reset, ${perSecond} a second`,
    group: group as "handshakes",
    about: `${perSecond} clients a second connect and reset the connection at once`,
    thresholds: { memory: 96 },
    run: storm(perSecond),
  })),
  {
    name: "connect and reset, 300 at once",
    group,
    about: "ten times 300 clients connect and reset the connection at once (short: twice)",
    thresholds: { memory: 96 },
    run: resetAtOnce,
  },
  {
    name: "vanish while accept decides",
    group,
    about: "1,000 clients leave before, while and after the application decides (short: 300)",
    thresholds: { memory: 96 },
    run: vanish,
  },
  {
    name: "open and leave",
    group,
    about: "2,000 clients open a WebSocket and leave at once (short: 400)",
    thresholds: { memory: 96 },
    run: openAndLeave,
  },
  {
    name: "descriptors used up",
    group,
    about: "400 connections to a process that may have 160 descriptors, given back afterwards",
    setup: { maxDescriptors },
    thresholds: { memory: 96, newcomers: false },
    run: useUpDescriptors,
  },
];

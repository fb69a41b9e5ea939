import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AttackedServer, upgradeTo } from "../../src/attack/attacked-server.ts";
import { honestDuring, printFigures } from "../../src/attack/honest-connections.ts";
import { until } from "../../src/attack/until.ts";
import { runtimes } from "../../src/runtimes.ts";

/** Duration of a storm in milliseconds. */
const stormTime = 1_500;

/** Connects, and resets the connection as soon as it is established. */
async function connectAndReset(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  socket.once("connect", () => socket.resetAndDestroy());
  socket.on("error", () => {});
  await once(socket, "close");
}

/** Does so for a while at a given rate. */
async function storm(port: number, perSecond: number): Promise<void> {
  const start = performance.now();
  const attempts: Promise<void>[] = [];
  for (let elapsed = 0; elapsed < stormTime; elapsed = performance.now() - start) {
    while (attempts.length < (elapsed * perSecond) / 1_000) attempts.push(connectAndReset(port));
    await delay(5);
  }
  await Promise.all(attempts);
}

/**
 * Opens connections one after another while an attack runs. Returns the longest time that one took,
 * in milliseconds.
 */
async function longestOpening(server: AttackedServer, attack: () => Promise<void>) {
  let longest = 0;
  let over = false;
  const attacking = attack().finally(() => {
    over = true;
  });
  for (let isLast = false; !isLast; ) {
    isLast = over;
    const start = performance.now();
    expect(await server.isServing()).toBe(true);
    longest = Math.max(longest, performance.now() - start);
    await delay(5);
  }
  await attacking;
  return longest;
}

describe.each(runtimes)("clients that reset at once on $name", (runtime) => {
  let server: AttackedServer;

  beforeAll(async () => {
    server = await AttackedServer.start(runtime, "echo");
  });

  afterAll(() => server?.stop());

  test.each([
    [
      "300 at once",
      (port: number) =>
        Promise.all(Array.from({ length: 300 }, () => connectAndReset(port))).then(() => {}),
    ],
    ["100 per second", (port: number) => storm(port, 100)],
    ["400 per second", (port: number) => storm(port, 400)],
  ])("%s: old and new connections of others are served", async (name, attack) => {
    let longest = 0;
    const figures = await honestDuring(server, async () => {
      longest = await longestOpening(server, () => attack(server.port));
    });
    printFigures(`${runtime.name}, ${name}`, figures);
    console.log(`${runtime.name}, ${name}: a new connection took ${longest.toFixed(1)} ms at most`);
    expect(figures.failures).toEqual([]);
    expect(longest).toBeLessThan(1_000);
    await server.descriptorsGivenBack();
    expect(server.process.standardError).toBe("");
    expect((await server.state()).clients).toBe(0);
  });
});

/** Descriptor limit of a server that runs out of them, and the number of connections attempted. */
const maxDescriptors = 128;
const offered = 300;

describe.each(runtimes)("a server on $name that runs out of descriptors", (runtime) => {
  let server: AttackedServer;

  beforeAll(async () => {
    server = await AttackedServer.start(runtime, "echo", {}, maxDescriptors);
    // Deno opens descriptors for its own use in the first second, and exits if it cannot.
    if (runtime.name === "deno") await delay(1_500);
  });

  afterAll(() => server?.stop());

  test("serves again as soon as connections have gone", async () => {
    const old = await server.open();
    const sockets: Socket[] = [];
    for (let i = 0; i < offered; i++) {
      const socket = connect(server.port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(upgradeTo({}));
      sockets.push(socket);
    }
    let most = 0;
    const started = performance.now();
    await until(
      () => {
        most = Math.max(most, server.descriptors);
        return performance.now() - started;
      },
      (elapsed) => most >= maxDescriptors - 4 || elapsed > 3_000,
    );
    expect(server.process.standardError).toBe("");
    const load = await server.load(500);
    console.log(`${runtime.name}, out of descriptors: ${most} were open, load ${load.toFixed(2)}`);
    for (const socket of sockets) socket.destroy();
    const start = performance.now();
    expect(await server.isServing()).toBe(true);
    expect(performance.now() - start).toBeLessThan(2_000);
    old.destroy();
    await server.descriptorsGivenBack();
    expect(server.process.isRunning).toBe(true);
    expect(server.process.standardError).toBe("");
  });
});

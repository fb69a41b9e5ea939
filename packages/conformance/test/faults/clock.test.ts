import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import { RawPeer } from "../../src/raw-peer.ts";
import {
  type Runtime,
  repositoryPath,
  runtimes,
  type ServerProcess,
  startServerFromSource,
} from "../../src/runtimes.ts";
import { openPeer } from "../../src/server-driver.ts";

const write = new FrameWriter("client");
const hour = 3_600_000;

/** Answers Pings until there were `pings` of them. */
async function answer(peer: RawPeer, pings: number): Promise<void> {
  for (let left = pings; left > 0; ) {
    const frame = await peer.takeFrame();
    if (frame === undefined) throw new Error(`the connection ended before ${left} more Pings`);
    if (frame.opcode !== opcodes.ping) continue;
    await peer.send(write.pong(frame.payload));
    left--;
  }
}

/** Sends more messages than the rate allows at once, and waits for their echoes. */
async function echoes(peer: RawPeer, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) await peer.send(write.text(`message ${sent}`));
  for (let left = count; left > 0; ) {
    const frame = await peer.takeFrame();
    if (frame === undefined) throw new Error(`the connection ended before ${left} more echoes`);
    if (frame.opcode === opcodes.text) left--;
  }
}

/** Checks all timeouts of a server whose clock jumps. */
async function checkTimeouts(port: number): Promise<void> {
  const [answering, sending, silent] = await Promise.all([
    openPeer(port),
    openPeer(port),
    openPeer(port),
  ]);
  const incomplete: RawPeer[] = [];
  const answered = answer(answering, 10).then(() => echoes(answering, 1));
  try {
    const served = echoes(sending, 15);
    // Their deadlines are set before and after several jumps.
    for (let count = 0; count < 8; count++) {
      const peer = await RawPeer.connect(port);
      incomplete.push(peer);
      await peer.send(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: "));
      await delay(15);
    }
    await Promise.all([
      answered,
      served,
      silent.ended(),
      ...incomplete.map((peer) => peer.ended()),
    ]);
  } finally {
    for (const peer of [answering, sending, silent, ...incomplete]) peer.destroy();
  }
}

async function timeOf(port: number): Promise<number> {
  return Number(await (await fetch(`http://127.0.0.1:${port}/`)).text());
}

function startServer(
  runtime: Runtime,
  how: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const script = `packages/conformance/src/faults/clock-${runtime.name}.ts`;
  return startServerFromSource(runtime, script, [how], environment);
}

describe.concurrent("a clock that is set forwards and back", () => {
  test.for(runtimes)("`Date` on $name: no timeout is early or never", async (runtime) => {
    const { port, process } = await startServer(runtime, "stepped");
    try {
      expect(Math.abs((await timeOf(port)) - Date.now())).toBeGreaterThan(hour);
      await checkTimeouts(port);
      expect(process.standardError).toBe("");
    } finally {
      await process.stop("SIGKILL");
    }
  });
});

/** Debian's package `faketime` replaces the clock of the system for a process. */
const library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

describe.runIf(isFullDepth && existsSync(library))("the clock of the system", () => {
  const folder = mkdtempSync(join(tmpdir(), "framewright-clock-"));
  const path = join(folder, "time");
  let jumping: NodeJS.Timeout;

  beforeAll(() => {
    let isAhead = false;
    const jump = () => {
      isAhead = !isAhead;
      writeFileSync(path, isAhead ? "+1d" : "-1d");
    };
    jump();
    jumping = setInterval(jump, 20);
  });

  afterAll(() => {
    clearInterval(jumping);
    rmSync(folder, { recursive: true });
  });

  test.for(runtimes)("on $name: no timeout is early or never", async (runtime) => {
    const { port, process } = await startServer(runtime, "real", {
      LD_PRELOAD: library,
      FAKETIME_TIMESTAMP_FILE: path,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1",
    });
    try {
      expect(Math.abs((await timeOf(port)) - Date.now())).toBeGreaterThan(hour);
      await checkTimeouts(port);
    } finally {
      await process.stop("SIGKILL");
    }
  });
});

test("the wall clock is read only where it does no harm", () => {
  const sources = globSync(repositoryPath("packages/{codec,websocket,*-transport}/src/**/*.ts"));
  const readers = sources
    .filter((path) => /\bDate\b\s*[.(]|new Date\b/.test(readFileSync(path, "utf8")))
    .map((path) => path.slice(repositoryPath("packages/").length));
  expect(readers.sort()).toEqual([
    // Guesses the length of the next burst of bytes.
    "deno-transport/src/deno-transport.ts",
    // Certificates are valid by the calendar.
    "deno-transport/src/session-trust.ts",
    // `Retry-After` may be a date. What a wrong clock adds is bounded by `maxRetryAfter`.
    "websocket/src/reconnecting/policy.ts",
    "websocket/src/reconnecting/reconnection.ts",
    // Replaces the wall clock in tests.
    "websocket/src/testing/test-clock.ts",
    // Judges whether handlers are slow. At a jump, what one turn has to write waits for its end.
    "websocket/src/timing/write-batch.ts",
  ]);
});

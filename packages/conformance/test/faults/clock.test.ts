import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import { exampleKey, httpHead } from "../../src/opening-handshake.ts";
import { RawPeer } from "../../src/raw-peer.ts";
import {
  type Runtime,
  repositoryPath,
  runtimes,
  type ServerProcess,
  startServerFromSource,
} from "../../src/runtimes.ts";
import { receivedLine } from "../../src/transcript.ts";

const write = new FrameWriter("client");
const hour = 3_600_000;

async function open(port: number): Promise<RawPeer> {
  const peer = await RawPeer.connect(port);
  await peer.send(
    httpHead(
      "GET / HTTP/1.1",
      "Host: 127.0.0.1",
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${exampleKey}`,
      "Sec-WebSocket-Version: 13",
    ),
  );
  expect(await peer.takeHead()).toMatch(/^HTTP\/1.1 101 /);
  return peer;
}

/** Answers Pings until there were `pings` of them, and returns how many messages came. */
async function answer(peer: RawPeer, pings: number): Promise<number> {
  let messages = 0;
  for (let left = pings; left > 0; ) {
    const frame = await peer.takeFrame();
    if (frame === undefined) throw new Error(`the connection ended before ${left} more Pings`);
    if (frame.opcode === opcodes.text) messages++;
    if (frame.opcode !== opcodes.ping) continue;
    await peer.send(write.pong(frame.payload));
    left--;
  }
  return messages;
}

/** Checks all timeouts of a server whose clock jumps. */
async function checkTimeouts(port: number): Promise<void> {
  const [answering, sending, silent, incomplete] = await Promise.all([
    open(port),
    open(port),
    open(port),
    RawPeer.connect(port),
  ]);
  try {
    await incomplete.send(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: "));
    // More than the rate allows at once.
    for (let count = 0; count < 15; count++) await sending.send(write.text(`message ${count}`));
    for (let count = 0; count < 15; ) {
      const frame = await sending.takeFrame();
      if (frame?.opcode !== opcodes.text) continue;
      expect(receivedLine(frame)).toMatch(/^unmasked text/);
      count++;
    }
    await Promise.all([answer(answering, 6), incomplete.ended(), silent.ended()]);
    await answering.send(write.text("still open"));
    expect(await answer(answering, 1)).toBe(1);
  } finally {
    for (const peer of [answering, sending, silent, incomplete]) peer.destroy();
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
  ]);
});

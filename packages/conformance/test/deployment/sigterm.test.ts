import { request } from "node:http";
import { describe, expect, test } from "vitest";
import { until } from "../../src/attack/until.ts";
import { FrameWriter, opcodes, utf8 } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes, startServerFromSource } from "../../src/runtimes.ts";
import { openPeer } from "../../src/server-driver.ts";

const write = new FrameWriter("client");
const goingAway = { opcode: opcodes.close, payload: Buffer.of(0x03, 0xe9) };
/** Times in milliseconds. A message that is sent before SIGTERM is in work when the server closes. */
const flags = {
  port: 0,
  "readiness-delay": 1_500,
  "work-time": 2_000,
  "spread-over": 200,
  timeout: 1_000,
};

/** Returns the status of the health check. */
function healthOf(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, path: "/healthz", agent: false };
    const asked = request(options, (response) => resolve(response.resume().statusCode));
    asked.on("error", reject).end();
  });
}

/** Awaits the Close frame, answers it, and ends TCP after the server. */
async function leave(peer: RawPeer): Promise<void> {
  expect(await peer.takeFrame()).toMatchObject(goingAway);
  await peer.send(write.close(1001));
  expect((await peer.takeAll()).length).toBe(0);
  expect(peer.inputEnd).toBe("end");
  peer.end();
}

describe.concurrent.each(runtimes)("the example `deployment` on $name", (runtime) => {
  test("SIGTERM: the health check fails, replies arrive, clients leave, the process ends", async () => {
    const args = Object.entries(flags).flatMap(([name, time]) => [`--${name}`, String(time)]);
    const script = `examples/deployment/${runtime.name}.ts`;
    const { process: subject, port } = await startServerFromSource(runtime, script, args);
    const peers: RawPeer[] = [];
    const open = async () => peers[peers.push(await openPeer(port)) - 1];
    try {
      const idle = [await open(), await open(), await open()];
      const silent = await open();
      const working = [await open(), await open()];
      expect(await healthOf(port)).toBe(200);
      for (const peer of working) await peer.send(write.text("before"), write.text("behind it"));

      process.kill(subject.pid, "SIGTERM");
      await until(
        () => healthOf(port),
        (status) => status === 503,
      );
      idle.push(await open()); // still accepted: the proxy may not know yet

      await Promise.all(idle.map(leave));
      await expect(openPeer(port)).rejects.toThrow("ECONNREFUSED");
      for (const peer of working) {
        // The second message was never delivered.
        expect(await peer.takeFrame()).toMatchObject({ payload: Buffer.from(utf8("before")) });
        await leave(peer);
      }
      expect(await silent.takeFrame()).toMatchObject(goingAway);
      expect(await subject.exited).toBe(0);
      const result = JSON.parse(await subject.line(subject.lineCount - 1));
      expect(result).toEqual({ closed: idle.length + working.length, terminated: 1 });
      expect(subject.standardError).toBe("");
    } finally {
      for (const peer of peers) peer.destroy();
      await subject.stop("SIGKILL");
    }
  });
});

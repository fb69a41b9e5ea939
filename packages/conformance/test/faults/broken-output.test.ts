import { type ChildProcess, type StdioOptions, spawn } from "node:child_process";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isFullDepth } from "../../../../test-depth.ts";
import { until } from "../../src/attack/until.ts";
import { FrameWriter } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { type Runtime, repositoryPath, runtimes } from "../../src/runtimes.ts";
import { echoes, openPeer } from "../../src/server-driver.ts";
import { receivedLine } from "../../src/transcript.ts";

const write = new FrameWriter("client");

/** What the output of the server leads to. */
const outputs = ["a full disk", "a pipe that nobody reads", "closed descriptors"] as const;
type Output = (typeof outputs)[number];

/** Starts a server with broken output. */
function start(runtime: Runtime, output: Output, portFile: string): ChildProcess {
  const script = repositoryPath(`packages/conformance/src/faults/printing-${runtime.name}.ts`);
  const command = [...runtime.command, "--conditions=@framewright/source", script, portFile];
  const full = output === "a full disk" ? openSync("/dev/full", "w") : undefined;
  const stdio: StdioOptions =
    full === undefined ? ["ignore", "pipe", "pipe"] : ["ignore", full, full];
  const closing = output === "closed descriptors" ? ">&- 2>&-" : "";
  const server = spawn("/bin/sh", ["-c", `exec "$@" ${closing}`, "sh", ...command], {
    stdio,
    env: { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" },
  });
  server.stdout?.destroy();
  server.stderr?.destroy();
  if (full !== undefined) closeSync(full);
  return server;
}

describe.concurrent.each(runtimes)("a server on $name whose handlers fail", (runtime) => {
  test.for(isFullDepth ? outputs : outputs.slice(0, 1))(
    "goes on if its errors are printed to %s",
    async (output, { onTestFinished }) => {
      const folder = mkdtempSync(join(tmpdir(), "framewright-output-"));
      const portFile = join(folder, "port");
      const server = start(runtime, output, portFile);
      onTestFinished(() => {
        server.kill("SIGKILL");
        rmSync(folder, { recursive: true });
      });
      await until(
        () => existsSync(portFile),
        (isThere) => isThere,
        15_000,
      );
      const port = Number(readFileSync(portFile, "utf8"));
      const peers: RawPeer[] = [];
      onTestFinished(() => {
        for (const peer of peers) peer.destroy();
      });
      const bystander = await openPeer(port);
      peers.push(bystander);
      // The runtimes treat a second error of a stream in another way than the first.
      for (let count = 0; count < 3; count++) {
        const peer = await openPeer(port);
        peers.push(peer);
        await peer.send(write.text("fail"));
        expect(receivedLine(await peer.takeFrame())).toMatch(/^unmasked close 1011/);
        await peer.send(write.close(1011));
        await peer.ended();
        expect(await echoes(bystander, `after ${count}`)).toBe(true);
      }
      expect([server.exitCode, server.signalCode]).toEqual([null, null]);
    },
  );
});

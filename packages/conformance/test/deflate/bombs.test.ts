import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { compressed } from "../../src/cases/deflate-case.ts";
import { bomb } from "../../src/cases/deflate-faults.ts";
import { FrameWriter, opcodes } from "../../src/frame-bytes.ts";
import { RawPeer } from "../../src/raw-peer.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../../src/runtimes.ts";
import { echoes, opening } from "../../src/server-driver.ts";
import { receivedLine } from "../../src/transcript.ts";

const write = new FrameWriter("client");
const mebibyte = 1_048_576;

/** Returns the peak resident memory of a process in bytes, as reported by Linux. */
function peakMemory({ process }: ServerProcess): number {
  const status = readFileSync(`/proc/${process.pid}/status`, "utf8");
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kibibytes === undefined) throw new Error(`no peak in ${status}`);
  return Number(kibibytes) * 1_024;
}

const settings = [
  { options: "without windows", flags: [] },
  { options: "with windows", flags: ["--deflate-takeover", "--deflate-window-bits", "15"] },
  {
    options: "without memory for compressors",
    flags: ["--deflate-takeover", "--deflate-window-bits", "15", "--deflate-max-memory", "0"],
  },
];

describe.each(settings)("messages that become much too long, $options", ({ flags }) => {
  describe.each(runtimes)("at the echo server on $name", (runtime) => {
    let server: ServerProcess;

    const open = async () => {
      const peer = await RawPeer.connect(server.port);
      const { send, answered } = opening(peer, "Sec-WebSocket-Extensions: permessage-deflate");
      await peer.send(send);
      await answered();
      return peer;
    };

    beforeAll(async () => {
      server = await startEchoServer(runtime, [
        "--deflate",
        "--max-message-size",
        String(mebibyte),
        ...flags,
      ]);
    });

    afterAll(() => server?.process.stop("SIGKILL"));

    test("20 messages of 64 MiB of zeros take no more memory than a few messages of 1 MiB (section 10.4)", async () => {
      const bystander = await open();
      const innocent = compressed(write, opcodes.binary, Uint8Array.of(0x00));
      for (let i = 0; i < 20; i++) await bystander.send(innocent);
      for (let i = 0; i < 20; i++) expect((await bystander.takeFrame())?.payload.length).toBe(0);
      const before = peakMemory(server);
      const frame = compressed(write, opcodes.binary, bomb());
      for (let i = 0; i < 20; i++) {
        const peer = await open();
        await peer.send(frame);
        expect(receivedLine(await peer.takeFrame())).toBe("unmasked close 1009");
        peer.destroy();
      }
      expect(await echoes(bystander, "still here")).toBe(true);
      expect(peakMemory(server) - before).toBeLessThan(48 * mebibyte);
    });
  });
});

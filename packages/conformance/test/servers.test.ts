import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowsOn } from "../../../test-depth.ts";
import { connectionCases } from "../src/cases/index.ts";
import { limitFlags } from "../src/cases/limits.ts";
import { FrameWriter } from "../src/frame-bytes.ts";
import type { RawPeer } from "../src/raw-peer.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../src/runtimes.ts";
import { echoes, openPeer, playAgainstServer } from "../src/server-driver.ts";
import { expectedTranscript } from "../src/transcript.ts";

describe.each(runtimes)("the echo server on $name", (runtime) => {
  let server: ServerProcess;
  /** A permanently open connection, which other connections must not affect. */
  let bystander: RawPeer;

  beforeAll(async () => {
    server = await startEchoServer(runtime, limitFlags);
    bystander = await openPeer(server.port);
  });

  afterAll(async () => {
    bystander?.destroy();
    await server?.process.stop("SIGKILL");
  });

  for (const [topic, cases] of Object.entries(connectionCases)) {
    const forServers = cases.filter((testCase) => testCase.subject !== "client");
    for (const testCase of rowsOn(runtime.name, forServers)) {
      test(`${topic}: ${testCase.name} (section ${testCase.section})`, async () => {
        const expected = expectedTranscript(testCase.script(new FrameWriter("client")), "server");
        const transcripts = await playAgainstServer(server.port, testCase);
        expect(transcripts.length).toBeGreaterThan(0);
        for (const [index, transcript] of transcripts.entries()) {
          expect(transcript, `connection ${index}`).toEqual(expected);
        }
        expect(await echoes(bystander, `still here after: ${testCase.name}`)).toBe(true);
      });
    }
  }

  test("nothing was reported as an error, and the process is alive", () => {
    expect(server.process.standardError).toBe("");
    expect(server.process.isRunning).toBe(true);
  });

  test("SIGTERM: clients are closed with 1001, and the process ends with 0 (section 7.4.1)", async () => {
    const peers = [bystander, await openPeer(server.port)];
    const exited = server.process.stop("SIGTERM");
    for (const peer of peers) {
      const frame = await peer.takeFrame();
      expect(frame).toMatchObject({ opcode: 8, fin: true, payload: Buffer.of(0x03, 0xe9) });
      await peer.send(new FrameWriter("client").close(1001));
      expect((await peer.takeAll()).length).toBe(0);
      expect(peer.inputEnd).toBe("end");
      peer.end();
    }
    expect(await exited).toBe(0);
  });
});

import type { ClientHttp2Session } from "node:http2";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rows } from "../../../test-depth.ts";
import { connectionCases } from "../src/cases/index.ts";
import { limitFlags } from "../src/cases/limits.ts";
import { FrameWriter } from "../src/frame-bytes.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../src/runtimes.ts";
import { echoes, playOverHttp2 } from "../src/server-driver.ts";
import { openSession, StreamPeer } from "../src/stream-peer.ts";
import { expectedTranscript } from "../src/transcript.ts";

describe.each(runtimes)("the echo server over HTTP/2 on $name", (runtime) => {
  let server: ServerProcess;
  /** All cases are played on streams of one TCP connection. */
  let session: ClientHttp2Session;
  /** A permanently open stream, which other streams must not affect. */
  let bystander: StreamPeer;

  beforeAll(async () => {
    server = await startEchoServer(runtime, ["--http2", ...limitFlags]);
    session = await openSession(server.port);
    bystander = new StreamPeer(session);
    await bystander.opening.answered();
  });

  afterAll(async () => {
    session?.destroy();
    await server?.process.stop("SIGKILL");
  });

  for (const [topic, cases] of Object.entries(connectionCases)) {
    const forServers = cases.filter((testCase) => testCase.subject !== "client");
    for (const testCase of rows(forServers)) {
      test(`${topic}: ${testCase.name} (section ${testCase.section})`, async () => {
        const expected = expectedTranscript(testCase.script(new FrameWriter("client")), "server");
        const transcripts = await playOverHttp2(session, testCase);
        expect(transcripts.length).toBeGreaterThan(0);
        for (const [index, transcript] of transcripts.entries()) {
          expect(transcript, `stream ${index}`).toEqual(expected);
        }
        expect(await echoes(bystander, `still here after: ${testCase.name}`)).toBe(true);
      });
    }
  }

  test("nothing was reported as an error, and the process ends when it is stopped", async () => {
    expect(session.destroyed).toBe(false);
    const stopped = server.process.stop("SIGTERM");
    const close = await bystander.takeFrame();
    expect([close?.opcode, Buffer.from(close?.payload ?? []).toString("hex")]).toEqual([8, "03e9"]);
    await bystander.send(new FrameWriter("client").close(1001));
    await bystander.ended();
    bystander.end();
    session.close();
    expect(await stopped).toBe(0);
    expect(server.process.standardError).toBe("");
  });
});

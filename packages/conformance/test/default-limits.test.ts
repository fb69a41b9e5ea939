import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowsOn } from "../../../test-depth.ts";
import { largeMessageCases } from "../src/cases/large-messages.ts";
import { ClientSession, conversationsOf } from "../src/client-driver.ts";
import { FrameWriter } from "../src/frame-bytes.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../src/runtimes.ts";
import { playAgainstServer } from "../src/server-driver.ts";
import { expectedReport, expectedTranscript, type Transcript } from "../src/transcript.ts";

describe.each(runtimes)("the echo server on $name with its default limits", (runtime) => {
  let server: ServerProcess;

  beforeAll(async () => {
    server = await startEchoServer(runtime);
  });

  afterAll(() => server?.process.stop("SIGKILL"));

  for (const testCase of rowsOn(runtime.name, largeMessageCases, 2)) {
    test(`${testCase.name} (section ${testCase.section})`, async () => {
      const expected = expectedTranscript(testCase.script(new FrameWriter("client")), "server");
      expect(await playAgainstServer(server.port, testCase)).toEqual([expected]);
    });
  }
});

describe.each(runtimes)("the echo client on $name with its default limits", (runtime) => {
  const played = rowsOn(runtime.name, largeMessageCases, 2);
  let session: ClientSession<Transcript>;

  beforeAll(async () => {
    session = await ClientSession.start(
      runtime,
      played.flatMap((testCase) => conversationsOf(testCase)),
      [],
    );
  });

  afterAll(() => session?.stop());

  for (const [index, { name, section, script }] of played.entries()) {
    test(`${name} (section ${section})`, async () => {
      const { result, report } = await session.outcome(index);
      const expected = script(new FrameWriter("server"));
      expect(result).toEqual(expectedTranscript(expected, "client"));
      expect(report).toMatchObject(expectedReport(expected));
    });
  }
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isWholeOn, rowsOn } from "../../../../test-depth.ts";
import type { ConnectionCase } from "../../src/cases/connection-case.ts";
import { deflateFaultCases, fragmentedDeflateFaultCases } from "../../src/cases/deflate-faults.ts";
import { deflateMessageCases, keptWindowCases } from "../../src/cases/deflate-messages.ts";
import { limitFlags } from "../../src/cases/limits.ts";
import { ClientSession, conversationsOf } from "../../src/client-driver.ts";
import { FrameWriter } from "../../src/frame-bytes.ts";
import type { RawPeer } from "../../src/raw-peer.ts";
import { runtimes, type ServerProcess, startEchoServer } from "../../src/runtimes.ts";
import { echoes, openPeer, playAgainstServer } from "../../src/server-driver.ts";
import { expectedReport, expectedTranscript, type Transcript } from "../../src/transcript.ts";

// With this threshold echoes are not compressed, so that transcripts show what was received.
const flags = [...limitFlags, "--deflate", "--deflate-threshold", String(2 ** 32)];

interface Agreement {
  readonly windows: string;
  readonly flags: readonly string[];
  /** The header lines of the request and the response. */
  readonly offer: string;
  readonly answer: string;
  readonly cases: readonly ConnectionCase[];
}

const agreements: readonly Agreement[] = [
  {
    windows: "without kept windows",
    flags,
    offer: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    answer:
      "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover",
    cases: [...deflateMessageCases, ...deflateFaultCases, ...fragmentedDeflateFaultCases],
  },
  {
    windows: "with kept windows",
    flags: [...flags, "--deflate-takeover", "--deflate-window-bits", "15"],
    offer: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    answer: "Sec-WebSocket-Extensions: permessage-deflate",
    cases: [
      ...deflateMessageCases,
      ...keptWindowCases,
      ...fragmentedDeflateFaultCases,
      // That case needs an empty window, but this one already holds "Hello".
      ...deflateFaultCases.filter(({ name }) => !name.includes("a distance that reaches before")),
    ],
  },
  {
    windows: "with windows, and no memory for anything",
    flags: [
      ...flags,
      "--deflate-takeover",
      "--deflate-window-bits",
      "15",
      "--deflate-max-memory",
      "0",
    ],
    offer: "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
    answer: "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover",
    // Without memory, a message is decompressed only when it is complete.
    cases: [...deflateMessageCases, ...deflateFaultCases],
  },
];

describe.each(agreements)("compressed messages $windows", (agreement) => {
  // The second agreement uses every feature.
  const played = runtimes.filter(({ name }) => isWholeOn(name) || agreement === agreements[1]);

  describe.each(played)("to the echo server on $name", (runtime) => {
    let server: ServerProcess;
    let bystander: RawPeer;

    beforeAll(async () => {
      server = await startEchoServer(runtime, agreement.flags);
      bystander = await openPeer(server.port);
    });

    afterAll(async () => {
      bystander?.destroy();
      await server?.process.stop("SIGKILL");
    });

    for (const testCase of rowsOn(runtime.name, agreement.cases)) {
      test(`${testCase.name} (section ${testCase.section})`, async () => {
        const expected = expectedTranscript(testCase.script(new FrameWriter("client")), "server");
        const lines = [agreement.offer];
        const transcripts = await playAgainstServer(server.port, testCase, undefined, lines);
        expect(transcripts.length).toBeGreaterThan(0);
        for (const transcript of transcripts) expect(transcript).toEqual(expected);
        expect(await echoes(bystander, "still here")).toBe(true);
      });
    }

    test("nothing was reported as an error, and the process is alive", () => {
      expect(server.process.standardError).toBe("");
      expect(server.process.isRunning).toBe(true);
    });
  });

  describe.each(played)("to the echo client on $name", (runtime) => {
    let session: ClientSession<Transcript>;
    const cases = rowsOn(runtime.name, agreement.cases).map((testCase) => ({
      ...testCase,
      cut: "nowhere" as const,
    }));

    beforeAll(async () => {
      const conversations = cases.flatMap((testCase) =>
        conversationsOf(testCase, [agreement.answer]),
      );
      session = await ClientSession.start(runtime, conversations, agreement.flags);
    });

    afterAll(() => session?.stop());

    for (const [index, { name, section, script }] of cases.entries()) {
      test(`${name} (section ${section})`, async () => {
        const { result, report } = await session.outcome(index);
        const expected = script(new FrameWriter("server"));
        expect(result).toEqual(expectedTranscript(expected, "client"));
        const [, extensions] = agreement.answer.split(": ");
        expect(report).toMatchObject({ ...expectedReport(expected), extensions });
      });
    }

    test("nothing was reported as an error, and the process ended with 0", async () => {
      expect(await session.process.exited).toBe(0);
      expect(session.process.standardError).toBe("");
    });
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConnectionCase } from "../src/cases/connection-case.ts";
import { connectionCases } from "../src/cases/index.ts";
import { limitFlags } from "../src/cases/limits.ts";
import {
  type ClientSession,
  conversationsOf,
  sessionOn,
  startOnAll,
  stopAll,
} from "../src/client-driver.ts";
import { FrameWriter } from "../src/frame-bytes.ts";
import { type RuntimeName, runtimes } from "../src/runtimes.ts";
import { expectedReport, expectedTranscript, type Transcript } from "../src/transcript.ts";

interface PlannedCase {
  readonly topic: string;
  readonly testCase: ConnectionCase;
  /** Index of the first of its connections. */
  readonly first: number;
  readonly count: number;
}

/** Returns every case that applies to clients, and which of the client's connections play it. */
function plan(): PlannedCase[] {
  let first = 0;
  return Object.entries(connectionCases).flatMap(([topic, cases]) =>
    cases
      .filter((testCase) => testCase.subject !== "server")
      .map((testCase) => {
        const count = conversationsOf(testCase).length;
        const planned = { topic, testCase, first, count };
        first += count;
        return planned;
      }),
  );
}

const planned = plan();

describe("echo clients", () => {
  let sessions: ReadonlyMap<RuntimeName, ClientSession<Transcript>>;

  beforeAll(async () => {
    const conversations = planned.flatMap(({ testCase }) => conversationsOf(testCase));
    sessions = await startOnAll(conversations, limitFlags);
  });

  afterAll(() => stopAll(sessions));

  describe.each(runtimes)("the echo client on $name", (runtime) => {
    for (const { topic, testCase, first, count } of planned) {
      test(`${topic}: ${testCase.name} (section ${testCase.section})`, async () => {
        const script = testCase.script(new FrameWriter("server"));
        for (let index = first; index < first + count; index++) {
          const { result, report } = await sessionOn(sessions, runtime).outcome(index);
          const connection = `connection ${index - first}`;
          expect(result, connection).toEqual(expectedTranscript(script, "client"));
          expect(report, connection).toMatchObject(expectedReport(script));
        }
      });
    }

    test("one line was printed for each URL, no error, and the process ended with 0", async () => {
      const { process } = sessionOn(sessions, runtime);
      expect(await process.exited).toBe(0);
      const urls = planned.reduce((sum, { count }) => sum + count, 0);
      expect(process.lineCount).toBe(urls);
      expect(process.standardError).toBe("");
    });
  });
});

import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rowsOn } from "../../../test-depth.ts";
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

/** Returns the cases that apply to clients, and which of the client's connections play it. */
function plan(runtime: RuntimeName): PlannedCase[] {
  const all = Object.entries(connectionCases).flatMap(([topic, cases]) =>
    cases
      .filter((testCase) => testCase.subject !== "server")
      .map((testCase) => ({ topic, testCase })),
  );
  let first = 0;
  return rowsOn(runtime, all).map(({ topic, testCase }) => {
    const count = conversationsOf(testCase).length;
    const planned = { topic, testCase, first, count };
    first += count;
    return planned;
  });
}

describe("echo clients", () => {
  let sessions: ReadonlyMap<RuntimeName, ClientSession<Transcript>>;

  // Side by side, because some cases wait for a timeout.
  beforeAll(async () => {
    sessions = await startOnAll(
      (runtime) => plan(runtime).flatMap(({ testCase }) => conversationsOf(testCase)),
      limitFlags,
    );
  });

  afterAll(() => stopAll(sessions));

  describe.each(runtimes)("the echo client on $name", (runtime) => {
    const planned = plan(runtime.name);

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

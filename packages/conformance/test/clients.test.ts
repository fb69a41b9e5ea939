import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ConnectionCase } from "../src/cases/connection-case.ts";
import { maxMessageSize } from "../src/cases/faults.ts";
import { connectionCases } from "../src/cases/index.ts";
import { ClientSession, conversationsOf } from "../src/client-driver.ts";
import { FrameWriter } from "../src/frame-bytes.ts";
import { runtimes } from "../src/runtimes.ts";
import { expectedReport, expectedTranscript, type Transcript } from "../src/transcript.ts";

interface PlannedCase {
  readonly topic: string;
  readonly testCase: ConnectionCase;
  /** The first of its connections. */
  readonly first: number;
  readonly count: number;
}

/** Every case that holds for clients, and which of the client's connections play it. */
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

describe.each(runtimes)("the echo client on $name", (runtime) => {
  let session: ClientSession<Transcript>;

  beforeAll(async () => {
    const conversations = planned.flatMap(({ testCase }) => conversationsOf(testCase));
    session = await ClientSession.start(runtime, conversations, [
      "--max-message-size",
      String(maxMessageSize),
    ]);
  });

  afterAll(() => session?.stop());

  for (const { topic, testCase, first, count } of planned) {
    test(`${topic}: ${testCase.name} (section ${testCase.section})`, async () => {
      const script = testCase.script(new FrameWriter("server"));
      for (let index = first; index < first + count; index++) {
        const { result, report } = await session.outcome(index);
        expect(result, `connection ${index - first}`).toEqual(expectedTranscript(script, "client"));
        expect(report, `connection ${index - first}`).toMatchObject(expectedReport(script));
      }
    });
  }

  test("one line was printed for each URL, no error, and the process ended with 0", async () => {
    expect(await session.process.exited).toBe(0);
    const urls = planned.reduce((sum, { count }) => sum + count, 0);
    expect(session.process.lineCount).toBe(urls);
    expect(session.process.standardError).toBe("");
  });
});

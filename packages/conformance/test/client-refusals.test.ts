import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ClientRefusalCase, clientRefusalCases } from "../src/cases/client-refusal.ts";
import { ClientSession, type Conversation, keyOf } from "../src/client-driver.ts";
import { runtimes } from "../src/runtimes.ts";

/** Answers, and then ends TCP or leaves that to the client. */
function conversation({ answer, ends }: ClientRefusalCase): Conversation<void> {
  return async (peer, request) => {
    await peer.send(...answer(keyOf(request)));
    if (ends) peer.end();
    await peer.ended();
  };
}

describe.each(runtimes)("answers other than 101 to the echo client on $name", (runtime) => {
  let session: ClientSession<void>;

  beforeAll(async () => {
    session = await ClientSession.start(runtime, clientRefusalCases.map(conversation), []);
  });

  afterAll(() => session?.stop());

  for (const [index, { name, says }] of clientRefusalCases.entries()) {
    test(`${name} (section 4.1)`, async () => {
      const { error } = (await session.outcome(index)).report;
      const { message, ...rest } = error ?? { message: "no error" };
      expect(rest).toEqual({ code: "WS_ERR_UNEXPECTED_RESPONSE", ...says });
      expect(message).toContain(String(says.status));
    });
  }

  test("one line was printed for each URL, no error, and the process ended with 0", async () => {
    expect(await session.process.exited).toBe(0);
    expect(session.process.lineCount).toBe(clientRefusalCases.length);
    expect(session.process.standardError).toBe("");
  });
});

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { AttackedServer } from "../../src/attack/attacked-server.ts";
import { type CallScript, callbacks, calls } from "../../src/attack/modes/scripted.ts";
import { faultsOf } from "../../src/attack/script-client.ts";
import { runtimes } from "../../src/runtimes.ts";

/** Without `drain`: whether output is queued depends on how fast the peer reads. */
const sureCallbacks = callbacks.filter((callback) => callback !== "drain");
const pairs = calls.flatMap((first) => calls.map((second) => [first, second] as const));

/**
 * Scripts with calls in several callbacks. A message handler is either always or never
 * asynchronous.
 */
const anyCalls = fc.array(fc.constantFrom(...calls), { maxLength: 4 });
const anyScript: fc.Arbitrary<CallScript> = fc
  .record(
    {
      open: anyCalls,
      message: anyCalls,
      "async message": anyCalls,
      pong: anyCalls,
      later: anyCalls,
    },
    { requiredKeys: [] },
  )
  .map(({ message, ...script }) =>
    script["async message"] !== undefined || message === undefined
      ? script
      : { ...script, message },
  );

describe.each(runtimes)("calls on a server's sockets on $name", (runtime) => {
  let server: AttackedServer;

  beforeAll(async () => {
    server = await AttackedServer.start(runtime, "scripted");
  });

  afterAll(() => server?.stop());

  test.each(sureCallbacks)(
    "every pair of calls in %s, all frames in one piece",
    async (callback) => {
      const cases = pairs.map((pair) => ({ script: { [callback]: pair }, together: true }));
      expect(await faultsOf(server, cases)).toEqual([]);
    },
  );

  test.each(["open", "message", "async message", "pong", "later"] as const)(
    "every pair of calls in %s, frame by frame",
    async (callback) => {
      const cases = pairs.map((pair) => ({ script: { [callback]: pair }, together: false }));
      expect(await faultsOf(server, cases)).toEqual([]);
    },
  );

  test("calls in several callbacks", async () => {
    const scriptCase = fc.record({ script: anyScript, together: fc.boolean() });
    const cases = fc.sample(scriptCase, { numRuns: runs(150), seed: 6_455 });
    expect(await faultsOf(server, cases)).toEqual([]);
  });

  test("nothing was reported as an error, and the process is alive", async () => {
    expect(server.process.standardError).toBe("");
    expect(server.process.isRunning).toBe(true);
    expect(await server.get("/state")).toContain('"errors":[]');
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, runs } from "../../../../test-depth.ts";
import type { Action, Side } from "./conversation.ts";
import type { CutKind } from "./fault-transport.ts";
import { faultsOf } from "./run-schedule.ts";
import { allowedFaults, forbiddenFaults, noFaults, type Step, schedules } from "./schedule.ts";

/** For machines with much other work, in milliseconds. */
const patience = 120_000;

describe("messages over a connection with random faults", () => {
  test.each([
    ["any splitting", noFaults],
    ["any faults of a network", allowedFaults],
    ["transports that break their contract", forbiddenFaults],
  ])(
    "%s: in order, once, and a loss is no clean end",
    async (_, faults) => {
      await fc.assert(
        fc.asyncProperty(schedules(faults), async (schedule) => {
          expect(await faultsOf(schedule)).toEqual([]);
        }),
        { numRuns: runs(600) },
      );
    },
    patience,
  );
});

const act = (by: Side, action: Action): Step => ({ step: "act", by, action });
const settle: Step = { step: "settle" };
const text: Action = { do: "send", as: "text", length: 20 };

/** Both sides send messages and a Ping, before one of them closes. */
const steps: readonly Step[] = [
  act("client", text),
  act("server", text),
  act("server", { do: "ping" }),
  settle,
  act("server", { do: "send", as: "bytes", length: 70 }),
  act("client", { do: "send", as: "prepared", length: 70 }),
  act("client", { do: "ping" }),
];
/** The length of the longer direction, the client's with its opening handshake. */
const conversationLength = 400;

const options = {
  iterates: false,
  whenFull: "terminate",
  maxBufferedAmount: 100_000,
  heartbeat: false,
} as const;

const cuts: readonly (readonly [Side, "output" | "input", CutKind])[] = (
  ["client", "server"] as const
).flatMap((side) =>
  (["output", "input"] as const).flatMap((direction) =>
    (["end", "reset", "silence"] as const).map((kind) => [side, direction, kind] as const),
  ),
);

describe("a connection that is cut after each byte", () => {
  test.each(cuts)(
    "at the %s, its %s, by %s",
    async (side, direction, kind) => {
      const faults: string[] = [];
      for (const after of integers(conversationLength, 97)) {
        const found = await faultsOf({
          compresses: false,
          options: { client: options, server: options },
          faults: { client: {}, server: {}, [side]: { [direction]: { after, kind } } },
          closer: side,
          steps,
        });
        faults.push(...found.map((fault) => `after ${after}: ${fault}`));
      }
      expect(faults).toEqual([]);
    },
    patience,
  );
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { compare, withoutStacks } from "./compare.ts";
import { damagedStream, validStream } from "./streams.ts";

withoutStacks();

const timeout = 90_000;
// Stops a long search for the smallest counterexample in time to print the smallest found.
const inTime = { interruptAfterTimeLimit: timeout - 5_000, markInterruptAsFailure: true };

test(
  "ws and Framewright read any valid stream alike",
  async () => {
    await fc.assert(
      fc.asyncProperty(validStream, async ({ situation, sizes }) => {
        expect(await compare(situation, sizes)).toBe(true);
      }),
      { ...inTime, numRuns: runs(1500) },
    );
  },
  timeout,
);

test(
  "ws and Framewright read any damaged stream alike, except for the known differences",
  async () => {
    await fc.assert(
      fc.asyncProperty(damagedStream, async ({ situation, sizes }) => {
        await compare(situation, sizes);
      }),
      { ...inTime, numRuns: runs(5000) },
    );
  },
  timeout,
);

test(
  "nor does it matter when ws emits its events",
  async () => {
    await fc.assert(
      fc.asyncProperty(damagedStream, async ({ situation, sizes }) => {
        await compare(situation, sizes, { allowSynchronousEvents: false });
      }),
      { ...inTime, numRuns: runs(500) },
    );
  },
  timeout,
);

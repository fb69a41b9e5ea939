import { afterAll, beforeAll, expect } from "vitest";
import { cut } from "../../../codec/test/bytes.ts";
import { predictFrom } from "./differences.ts";
import { runByFrame, runOurs } from "./our-connection.ts";
import {
  describeOutcome,
  describeSituation,
  isSame,
  type Outcome,
  type Situation,
} from "./outcome.ts";
import { type Delivery, runWs } from "./ws-receiver.ts";

/**
 * Disables stack traces. Most streams end in an error whose stack nobody reads, and capturing it is
 * most of the work.
 */
export function withoutStacks(): void {
  const limit = Error.stackTraceLimit;
  beforeAll(() => {
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = limit;
  });
}

/**
 * Passes the same bytes, split in the same way, to both implementations.
 *
 * @param sizes - Sizes of the chunks, used in turn.
 * @returns Whether they agreed without any of the known differences.
 */
export async function compare(
  situation: Situation,
  sizes: readonly number[],
  delivery: Delivery = {},
): Promise<boolean> {
  const { role, limits, stream } = situation;
  const run = runByFrame(situation);
  const ours = runOurs(role, limits, cut(stream, sizes));
  if (!isSame(ours, run.outcome)) {
    report(situation, { "cut by frame": run.outcome, [`cut into ${sizes}`]: ours });
  }
  const expected = predictFrom(run);
  const theirs = await runWs(role, limits, cut(stream, sizes), delivery);
  if (!isSame(theirs, expected)) {
    report(situation, {
      Framewright: ours,
      "ws, as the known differences have it": expected,
      ws: theirs,
    });
  }
  return isSame(theirs, ours);
}

function report(situation: Situation, outcomes: Record<string, Outcome>): never {
  const lines = Object.entries(outcomes).map(
    ([who, outcome]) => `${who}:\n${describeOutcome(outcome)}`,
  );
  expect.fail([describeSituation(situation), ...lines].join("\n"));
}

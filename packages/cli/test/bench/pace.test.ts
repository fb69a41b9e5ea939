import { expect, test } from "vitest";
import { constantPace, unlimited } from "../../src/bench/pace.ts";

test("with a rate, messages are due at times that do not depend on when others were sent", () => {
  const pace = constantPace(200, 1_000);
  const due: number[] = [];
  for (const now of [1_000, 9_000, 9_001]) {
    due.push(pace.nextAt(now));
    pace.advance();
  }
  expect(due).toEqual([1_000, 1_005, 1_010]);
});

test("without a rate, messages are due at once", () => {
  unlimited.advance();
  expect(unlimited.nextAt(5)).toBe(5);
});

import { expect, test } from "vitest";
import { InflateResult } from "../../src/deflate/inflate-result.ts";

test("the results differ, and none can be a length", () => {
  const results = Object.values(InflateResult);
  expect(new Set(results).size).toBe(results.length);
  expect(results.filter((result) => result >= 0)).toEqual([]);
});

import { expect, test } from "vitest";
import { AssemblyResult } from "../../src/message/assembly-result.ts";

test("the results differ", () => {
  const results = Object.values(AssemblyResult);
  expect(new Set(results).size).toBe(results.length);
});

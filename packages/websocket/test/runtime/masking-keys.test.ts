import { expect, test } from "vitest";
import { drawMaskingKey } from "../../src/runtime/masking-keys.ts";

test("keys are 32-bit integers with random bits, also after the pool is used up", () => {
  const keys = Array.from({ length: 10_000 }, drawMaskingKey);
  expect(keys.every((key) => Number.isInteger(key) && key === (key | 0))).toBe(true);
  // Each bit is set in half of the keys, within more than eight standard deviations.
  for (let bit = 0; bit < 32; bit++) {
    const set = keys.filter((key) => (key >>> bit) & 1).length;
    expect(Math.abs(set - 5_000)).toBeLessThan(450);
  }
  expect(new Set(keys).size).toBeGreaterThan(9_900);
});

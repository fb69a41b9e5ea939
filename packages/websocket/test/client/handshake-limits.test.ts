import { expect, test } from "vitest";
import { checkHandshakeLimits } from "../../src/client/handshake-limits.ts";

test("the limits and their defaults", () => {
  expect(checkHandshakeLimits(undefined)).toEqual({ total: 10_000, steps: undefined });
  expect(checkHandshakeLimits({})).toEqual({ total: 10_000, steps: undefined });
  expect(checkHandshakeLimits(5)).toEqual({ total: 5, steps: undefined });
  expect(checkHandshakeLimits({ total: 0 })).toEqual({ total: 0, steps: undefined });
  const steps = { lookup: 1, connect: 2, tls: 3, response: 4 };
  expect(checkHandshakeLimits(steps)).toEqual({ total: 10_000, steps });
});

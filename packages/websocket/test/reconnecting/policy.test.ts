import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ConnectionFailure,
  checkNumber,
  delayOf,
  isRetried,
  retryPolicy,
} from "../../src/reconnecting/policy.ts";

const lost: ConnectionFailure = { statusCode: 1006, reason: "", status: 0 };
const closedWith = (statusCode: number) => ({ ...lost, statusCode });
const refusedWith = (status: number) => ({ ...lost, statusCode: 0, status });
const defaults = retryPolicy({});

describe("isRetried", () => {
  test.each([1001, 1005, 1006, 1011, 1012, 1013, 1014])("%i: always", (statusCode) => {
    expect(isRetried(closedWith(statusCode))).toBe(true);
  });
  test.each([1002, 1003, 1004, 1007, 1008, 1009, 1010, 1015])("%i: never", (statusCode) => {
    expect(isRetried(closedWith(statusCode))).toBe(false);
  });
  test.each([1000, 3000, 3999, 4000, 4999])("%i: shouldRetry decides", (statusCode) => {
    expect(isRetried(closedWith(statusCode))).toBe(undefined);
  });
  test.each([429, 500, 502, 503, 504, 599])("HTTP %i: always", (status) => {
    expect(isRetried(refusedWith(status))).toBe(true);
  });
  test.each([200, 301, 400, 401, 403, 404, 426])("HTTP %i: shouldRetry decides", (status) => {
    expect(isRetried(refusedWith(status))).toBe(undefined);
  });
  test("refused and lost connections: always, but nothing that lasts", () => {
    expect(isRetried(refusedWith(0))).toBe(true);
    expect(isRetried({ ...refusedWith(0), isLasting: true })).toBe(false);
    expect(isRetried({ ...refusedWith(503), isLasting: true })).toBe(false);
  });
});

describe("delayOf", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  const times = fc.record({
    minDelay: fc.integer({ min: 1, max: 60_000 }),
    maxDelay: fc.integer({ min: 1, max: 600_000 }),
  });

  test("is between 0 and the bound, which doubles up to maxDelay", () => {
    fc.assert(
      fc.property(times, fc.nat(2_000), random, (options, round, at) => {
        const bound = Math.min(options.maxDelay, options.minDelay * 2 ** round);
        const delay = delayOf(retryPolicy(options), round, lost, at, 0);
        expect(delay).toBeGreaterThanOrEqual(0);
        expect(delay).toBeLessThanOrEqual(bound);
        // All of the interval is used: full jitter (AWS Architecture Blog, 2015).
        expect(Math.abs(delay - at * bound)).toBeLessThan(1);
      }),
    );
  });

  test("has the bounds 0.5, 1, 2, 4, 8, 16, 30 and 30 seconds by default", () => {
    const bounds = [0, 1, 2, 3, 4, 5, 6, 7].map((round) => {
      return Math.ceil(delayOf(defaults, round, lost, 1 - Number.EPSILON, 0) / 100) / 10;
    });
    expect(bounds).toEqual([0.5, 1, 2, 4, 8, 16, 30, 30]);
  });

  test("is never shorter than Retry-After in seconds or as a date, up to maxRetryAfter", () => {
    const date = Date.UTC(2030, 0, 1);
    fc.assert(
      fc.property(fc.nat(10_000), fc.boolean(), random, fc.nat(9), (seconds, isDate, at, round) => {
        const retryAfter = isDate ? new Date(date + seconds * 1_000).toUTCString() : `${seconds}`;
        const delay = delayOf(defaults, round, { ...lost, retryAfter }, at, date);
        const least = Math.min(seconds * 1_000, defaults.maxRetryAfter);
        expect(delay).toBeGreaterThanOrEqual(least);
        expect(delay).toBeLessThanOrEqual(least + defaults.maxDelay);
      }),
    );
  });

  test.each(["", "soon", "-5", "1.5", "Mon, 01 Jan 2001 00:00:00 GMT", "1e9"])(
    "a Retry-After of %j is ignored",
    (retryAfter) => {
      expect(delayOf(defaults, 0, { ...lost, retryAfter }, 0, Date.UTC(2030, 0, 1))).toBe(0);
    },
  );

  test("an absurd Retry-After does not last longer than maxRetryAfter", () => {
    const failure = { ...lost, retryAfter: "9".repeat(400) };
    expect(delayOf(retryPolicy({ maxRetryAfter: 60_000 }), 0, failure, 0, 0)).toBe(60_000);
  });
});

describe("options", () => {
  test.each([
    [{ minDelay: 0 }, "option minDelay must be a number from 1 to 2147483647, got 0"],
    [
      { maxDelay: 2 ** 31 },
      "option maxDelay must be a number from 1 to 2147483647, got 2147483648",
    ],
    [{ maxTries: 0 }, "option maxTries must be a number from 1 to Infinity, got 0"],
    [
      { giveUpAfter: Number.NaN },
      "option giveUpAfter must be a number from 1 to Infinity, got NaN",
    ],
    [{ stableAfter: "5" }, "option stableAfter must be a number from 1 to 2147483647, got 5"],
  ])("%j", (options, message) => {
    expect(() => retryPolicy(options as object)).toThrow(
      expect.objectContaining({
        name: "RangeError",
        code: "WS_ERR_INVALID_OPTION",
        message: `${message} (WS_ERR_INVALID_OPTION)`,
      }),
    );
  });

  test("checkNumber returns a valid value", () => {
    expect(checkNumber("a", 7, 10)).toBe(7);
  });
});

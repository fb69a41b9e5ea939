import { expect, test } from "vitest";
import { exitStatusOfClose, statusName } from "../src/exit-status.ts";

test.each([
  [1000, 0],
  [1005, 0],
  [1001, 11],
  [1006, 16],
  [1011, 21],
  [1015, 25],
  [2000, 29],
  [3000, 30],
  [3999, 30],
  [4000, 40],
  [4999, 40],
])("the status code %i is the exit status %i", (statusCode, status) => {
  expect(exitStatusOfClose(statusCode)).toBe(status);
});

test("status codes have names", () => {
  expect([1001, 3000, 4000, 2000].map(statusName)).toEqual([
    "going away",
    "registered",
    "private use",
    "unknown",
  ]);
});

import { expect, test } from "vitest";
import { isHostName } from "../../src/options/tls-values.ts";

test.each([
  ["localhost", true],
  ["a.example", true],
  ["A-1_b.Example", true],
  ["xn--bcher-kva.example", true],
  ["1.example", true],
  ["1.2.3.4a", true],
  [`${"a".repeat(63)}.example`, true],
  ["", false],
  [".", false],
  ["a.", false],
  [".a", false],
  ["a..b", false],
  ["1.2.3.4", false],
  ["127.1", false],
  ["1", false],
  ["::1", false],
  ["[::1]", false],
  ["*.example", false],
  ["bücher.example", false],
  ["a b", false],
  ["a\0b", false],
  ["a\n", false],
  [`${"a".repeat(64)}.example`, false],
  [`${"a.".repeat(127)}a`, false],
  [5, false],
  [undefined, false],
])("isHostName(%j) is %j", (name, expected) => {
  expect(isHostName(name)).toBe(expected);
});

test("a long name that is no host name is refused in linear time", () => {
  expect(isHostName(`${"a-".repeat(120)}!`)).toBe(false);
  expect(isHostName("a.".repeat(1_000_000))).toBe(false);
});

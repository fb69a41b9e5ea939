import { expect, test } from "vitest";
import {
  collect,
  decodeBase64,
  decodeHex,
  integer,
  parseDuration,
  parsePositive,
  parseSize,
} from "../src/values.ts";

test.each([
  ["5", 5_000],
  ["1.5s", 1_500],
  ["250ms", 250],
  ["2m", 120_000],
])("the duration %s", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each([
  ["100", 100],
  ["16k", 16_384],
  ["2M", 2_097_152],
])("the size %s", (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each([
  ["a duration", parseDuration, ["", "-1", "1h", "s", "1e3", "99999999999"]],
  ["a size", parseSize, ["", "-1", "1g", "k", "99999999999"]],
  ["an integer", integer(1, 10), ["", "0", "11", "1.5", "0x1"]],
  ["a positive number", parsePositive, ["", "0", "-1", "1e3", "NaN"]],
])("refuses what is not %s", (_, parse, texts) => {
  for (const text of texts) expect(() => parse(text), text).toThrow(/It must be/);
});

test("repeated options are collected", () => {
  expect(collect("b", collect("a"))).toEqual(["a", "b"]);
});

test.each(["dead", "de ad", "DE:AD", "0xde, 0xad", "de\nad\n"])("the hex %j", (text) => {
  expect(decodeHex(text)).toEqual(Uint8Array.of(0xde, 0xad));
});

test("refuses what is not hex or base64", () => {
  for (const text of ["d", "xy", "de-ad"]) expect(decodeHex(text), text).toBeUndefined();
  for (const text of ["a", "a*==", "=a"]) expect(decodeBase64(text), text).toBeUndefined();
});

test.each(["3q2-_w==", "3q2+/w==", "3q2-_w", "3q2+\n/w"])("the base64 %j", (text) => {
  expect(decodeBase64(text)).toEqual(Uint8Array.of(0xde, 0xad, 0xbe, 0xff));
});

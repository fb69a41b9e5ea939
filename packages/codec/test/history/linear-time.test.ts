import { expect, test } from "vitest";
import { parseExtensionList } from "../../src/handshake/extension-list.ts";
import { includesToken, parseTokenList, trimBlanks } from "../../src/handshake/header-values.ts";
import { HttpHeadReader } from "../../src/handshake/http-head.ts";
import { hostPattern } from "../../src/handshake/http-request.ts";
import { ascii } from "../bytes.ts";

/**
 * 6 times as long as a head may be. A parser that takes quadratic time for it would need minutes
 * for a test, and the test's timeout would end it.
 */
const length = 100_000;
const blanks = " ".repeat(length);

test("CVE-2021-32640 of ws: blanks within a subprotocol take linear time", () => {
  expect(parseTokenList([`b${blanks}x`])).toBeUndefined();
  expect(trimBlanks(`b${blanks}x`)).toHaveLength(length + 2);
});

test("CVE-2023-26103 of Deno: blanks within Connection take linear time", () => {
  expect(includesToken([`x${blanks}x, upgrade`], "upgrade")).toBe(true);
  expect(includesToken([`${blanks},${blanks}x`], "upgrade")).toBe(false);
});

test("CVE-2020-7662 and CVE-2020-7663 of websocket-extensions: a quoted value that does not end takes linear time", () => {
  for (const part of ["\\c", "c", "\\\\", '\\"', " ", "a;", "a,"]) {
    const value = `a; b="${part.repeat(length / part.length)}`;
    expect(parseExtensionList([value])).toBeUndefined();
  }
  expect(parseExtensionList([`a${blanks};${blanks}b${blanks}=${blanks}"`])).toBeUndefined();
});

test("CVE-2026-61666 of websocket-driver: a malformed Host takes linear time", () => {
  for (const host of ["a".repeat(length), "%4".repeat(length), "[:".repeat(length)]) {
    expect(hostPattern.test(`${host}"`)).toBe(false);
  }
});

test("CVE-2023-43669 of tungstenite: a head that arrives byte by byte is refused at its limit", () => {
  const reader = new HttpHeadReader();
  const text = ascii(`GET / HTTP/1.1\r\n${"a: b\r\n".repeat(90)}X: ${"x".repeat(20_000)}`);
  let at = 0;
  while (reader.push(text.subarray(at, at + 1)) < 0) at++;
  expect([reader.error?.status, at]).toEqual([431, 16_384]);
});

import { expect, test } from "vitest";
import { escapedJson, escapeText } from "../../src/terminal/escape.ts";

test.each([
  ["a line break", "a\nb\r", "a\\nb\\r"],
  ["an escape sequence", "\u001b[2J\u001b]0;title\u0007", "\\u001b[2J\\u001b]0;title\\u0007"],
  ["C1 controls", "\u009b2J\u0085", "\\u009b2J\\u0085"],
  ["DEL", "\u007f", "\\u007f"],
  ["a change of direction", "\u202eabc\u2066\u200f", "\\u202eabc\\u2066\\u200f"],
  ["separators of lines", "\u2028\u2029", "\\u2028\\u2029"],
  ["a byte order mark", "\ufeffx", "\\ufeffx"],
  ["tags", "\u{e0041}", "\\udb40\\udc41"],
  ["a lone surrogate", "\ud800", "\ufffd"],
])("escapes %s", (_, text, escaped) => {
  expect(escapeText(text)).toBe(escaped);
});

test("keeps text, tabs, emoji and backslashes", () => {
  const text = 'ä\t👩‍👩‍👧 \\n "x" 日本';
  expect(escapeText(text)).toBe(text);
});

test("JSON keeps its value, and has no character that a terminal acts on", () => {
  const value = { data: "\u0000\u001b\u007f\u009b\u202e\u{e0041}\ud800 \\ \t" };
  const json = escapedJson(value);
  expect(JSON.parse(json)).toEqual(value);
  expect(json).toMatch(/^[ -~]*$/);
});

import { expect, test } from "vitest";
import { parseTypedLine, slashHelp } from "../../src/connect/slash-commands.ts";

test.each([
  ["", { kind: "nothing" }],
  ["hello", { kind: "message", data: "hello" }],
  [" /x", { kind: "message", data: " /x" }],
  ["//path", { kind: "message", data: "/path" }],
  ["/ping", { kind: "ping", payload: "" }],
  ["/ping a b", { kind: "ping", payload: "a b" }],
  ["/binary de ad", { kind: "message", data: Uint8Array.of(0xde, 0xad) }],
  ["/base64 3q0=", { kind: "message", data: Uint8Array.of(0xde, 0xad) }],
  ['/json { "a" : [1] }', { kind: "message", data: '{"a":[1]}' }],
  ["/file a b.bin", { kind: "file", path: "a b.bin", isText: false }],
  ["/textfile a", { kind: "file", path: "a", isText: true }],
  ["/close", { kind: "close", statusCode: 1000, reason: "" }],
  ["/close 4001 good bye", { kind: "close", statusCode: 4001, reason: "good bye" }],
  ["/quit", { kind: "quit" }],
  ["/terminate", { kind: "terminate" }],
  ["/info", { kind: "info" }],
  ["/help", { kind: "help" }],
])("%j", (line, expected) => {
  expect(parseTypedLine(line)).toEqual(expected);
});

test.each([
  ["/nonsense", /no \/nonsense/],
  ["/binary xyz", /needs hex/],
  ["/base64 *", /needs base64/],
  ["/json {", /needs JSON/],
  ["/file", /needs a path/],
  ["/close 1005", /status code must be/],
  ["/close x", /status code must be/],
  [`/close 1000 ${"x".repeat(124)}`, /at most 123/],
  [`/ping ${"ä".repeat(63)}`, /at most 125/],
])("%j is a mistake", (line, message) => {
  expect(parseTypedLine(line)).toEqual({
    kind: "mistake",
    message: expect.stringMatching(message),
  });
});

test("the help names every command", () => {
  const commands = [...slashHelp.matchAll(/^\/(\w+)/gm)].map(([, name]) => name);
  expect(commands.length).toBeGreaterThan(8);
  for (const name of commands) {
    const { kind, ...rest } = parseTypedLine(`/${name}`);
    const isKnown = kind !== "mistake" || !String(Object.values(rest)).includes("there is no");
    expect(isKnown, name).toBe(true);
  }
});

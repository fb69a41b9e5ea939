import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  formatHex,
  hexOf,
  parseBytes,
} from "../../../../../examples/inspector/page/parse-bytes.ts";
import { runs } from "../../../../../test-depth.ts";

const frame = "81 85 37 fa 21 3d 7f 9f 4d 51 58";
/** 24 bytes, so that a dump has two lines. */
const long = `82 16 ${Array.from({ length: 22 }, (_, i) => (i + 0x41).toString(16)).join(" ")}`;

describe("reads", () => {
  test.each([
    ["hex with spaces", frame, "hex", frame],
    ["hex without spaces", frame.replaceAll(" ", ""), "hex", frame],
    ["hex with colons", frame.replaceAll(" ", ":"), "hex", frame],
    ["hex after 0x", `0x${frame.replaceAll(" ", "")}`, "hex", frame],
    ["capitals and lines", frame.toUpperCase().replaceAll(" ", "\r\n"), "hex", frame],
    ["Node's Buffer", `<Buffer ${frame}>`, "hex", frame],
    ["digits alone", "8105", "hex", "81 05"],
    ["eight digits that are no offset", "81053748 6c6c6f20", "hex", "81 05 37 48 6c 6c 6f 20"],
    ["base64", "gYU3+iE9f59NUVg=", "base64", frame],
    ["base64url without padding", "gYU3-iE9f59NUVg", "base64", frame],
    [
      "a C array",
      `unsigned char frame[11] = {\n  0x81, 0x85, 0x37, 0xfa,\n  0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58 };`,
      "array",
      frame,
    ],
    [
      "Wireshark's C array",
      "/* Frame (2 bytes) */\nstatic const unsigned char pkt1[2] = {\n0x81, 0x00 /* .. */\n};",
      "array",
      "81 00",
    ],
    ["a list without braces", "0x81, 0x00 // text", "array", "81 00"],
    ["JavaScript", "new Uint8Array([129, 5, 72])", "array", "81 05 48"],
    ["what Node prints", "Uint8Array(3) [ 129, 5, 72 ]", "array", "81 05 48"],
    ["a C string", String.raw`"\x81\x05Hello"`, "escaped string", "81 05 48 65 6c 6c 6f"],
    ["a Python string", String.raw`b'\x81\x03\r\n\\'`, "escaped string", "81 03 0d 0a 5c"],
    [
      "Wireshark's escaped string",
      '"\\x81\\x85" \\\n"\\x37\\xfa"',
      "escaped string",
      "81 85 37 fa",
    ],
    ["xxd", "00000000: 8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX", "hex dump", frame],
    ["xxd -g1", `00000000: ${frame}                 ..7.!=..MQX`, "hex dump", frame],
    [
      "hexdump -C",
      "00000000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 |..7.!=..MQX|\n0000000b",
      "hex dump",
      frame,
    ],
    ["Wireshark's dump", `0000   ${frame}                  ..7.!=..MQX`, "hex dump", frame],
    [
      "tcpdump",
      "\t0x0000:  8185 37fa 213d 7f9f 4d51 58              ..7.!=..MQX",
      "hex dump",
      frame,
    ],
    ["a dump from the middle", "00000040: 8185  ..\n00000042: 37fa  7.", "hex dump", "81 85 37 fa"],
    [
      "text that looks like hex in a dump",
      "0000   81 02 61 62                                       ..ab",
      "hex dump",
      "81 02 61 62",
    ],
  ])("%s", (_, text, format, expected) => {
    const parsed = parseBytes(text);
    if (typeof parsed === "string") throw new Error(parsed);
    expect([parsed.format, hexOf(parsed.bytes)]).toEqual([format, expected]);
  });

  const tools = [
    ["/usr/bin/xxd", []],
    ["/usr/bin/hexdump", ["-C"]],
    ["/usr/bin/od", ["-A", "x", "-t", "x1"]],
  ] as const;
  test.each(tools.filter(([tool]) => existsSync(tool)))("the output of %s", (tool, options) => {
    const input = Buffer.from(long.replaceAll(" ", ""), "hex");
    const parsed = parseBytes(execFileSync(tool, options, { input }).toString());
    expect(typeof parsed === "string" ? parsed : hexOf(parsed.bytes)).toBe(long);
  });

  test("what it formats", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const parsed = parseBytes(formatHex(bytes));
        expect(typeof parsed === "string" ? parsed : parsed.bytes).toEqual(bytes);
      }),
      { numRuns: runs(200) },
    );
  });
});

describe("refuses", () => {
  test.each([
    ["a digit too few", "81 0", "3 hex digits: a byte has two"],
    ["other letters", "81 05\nzz!", 'Neither hex nor base64: "z" in line 2 is no hex digit'],
    [
      "a number that is too large",
      "[129, 256]",
      'Neither hex nor base64: "[" in line 1 is no hex digit',
    ],
    ["too much", "00".repeat(4_000_000), "The text is longer than 6 MiB"],
  ])("%s", (_, text, message) => {
    expect(parseBytes(text)).toBe(message);
  });

  test("nothing that is pasted makes it throw or take long", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.string()), (text) => {
        const parsed = parseBytes(text);
        if (typeof parsed !== "string")
          expect(parsed.bytes.length).toBeLessThanOrEqual(text.length * 3);
      }),
      { numRuns: runs(1000) },
    );
    for (const text of [" ", "\\x00", "0x00,", "0000: ", "/*", "{[", "aZ"])
      parseBytes(text.repeat(500_000 / text.length));
  });
});

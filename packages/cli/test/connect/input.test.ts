import fc from "fast-check";
import { expect, test } from "vitest";
import { type LineFormat, linesOf, messageOfLine } from "../../src/connect/input.ts";

async function* chunksOf(...chunks: readonly string[]) {
  for (const chunk of chunks) yield Buffer.from(chunk, "latin1");
}

async function collected(lines: AsyncIterable<Uint8Array>): Promise<string[]> {
  const texts: string[] = [];
  for await (const line of lines) texts.push(Buffer.from(line).toString("latin1"));
  return texts;
}

test("lines are the same however the input is cut", async () => {
  const property = fc.asyncProperty(
    fc.array(fc.stringMatching(/^[a-c]{0,5}$/), { minLength: 1 }),
    fc.array(fc.nat(5)),
    async (lines, lengths) => {
      const text = lines.map((line) => `${line}\n`).join("");
      const chunks: string[] = [];
      let rest = text;
      for (const length of lengths) {
        chunks.push(rest.slice(0, length));
        rest = rest.slice(length);
      }
      expect(await collected(linesOf(chunksOf(...chunks, rest)))).toEqual(lines);
    },
  );
  await fc.assert(property);
});

test("the last line needs no end, and carriage returns are no part of lines", async () => {
  expect(await collected(linesOf(chunksOf("a\r\n\nb\rc\r", "\nlast")))).toEqual([
    "a",
    "",
    "b\rc",
    "last",
  ]);
});

test("a line that is too long is an error before it is read whole", async () => {
  let chunks = 0;
  async function* endless() {
    for (;;) {
      chunks++;
      yield Buffer.alloc(10, "x");
    }
  }
  await expect(collected(linesOf(endless(), 95))).rejects.toMatchObject({
    code: "WS_ERR_CLI_INPUT",
    message: expect.stringContaining("longer than 95 bytes"),
  });
  expect(chunks).toBe(10);
});

const parsed = (text: string, format: LineFormat) => messageOfLine(Buffer.from(text), format, 7);

test("each format of lines", () => {
  expect(parsed("ä\ufeff", "line")).toBe("ä\ufeff");
  expect(parsed('{ "a": 1 }', "json")).toBe('{ "a": 1 }');
  expect(parsed("de ad", "hex")).toEqual(Uint8Array.of(0xde, 0xad));
  expect(parsed("3q0=", "base64")).toEqual(Uint8Array.of(0xde, 0xad));
  expect(parsed('{"type":"text","data":"a\\nb"}', "ndjson")).toBe("a\nb");
  expect(parsed('{"type":"binary","data":"3q0="}', "ndjson")).toEqual(Uint8Array.of(0xde, 0xad));
});

test.each([
  ["json", "{", "JSON"],
  ["hex", "xyz", "hex"],
  ["base64", "a", "base64"],
  ["ndjson", "null", '{"type"'],
  ["ndjson", '{"type":"binary","data":"a"}', "base64"],
] as const)("a line that is no %s is an error with its number", (format, text, expected) => {
  expect(() => parsed(text, format)).toThrow(`line 7 of the input is not ${expected}`);
});

test("a line that is not UTF-8 is an error", () => {
  expect(() => messageOfLine(Uint8Array.of(0xff), "line", 1)).toThrow(
    "line 1 of the input is not UTF-8",
  );
});

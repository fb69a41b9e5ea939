import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import {
  decodeLatin1,
  encodeLatin1,
  formatHeaders,
  includesToken,
  isToken,
  parseTokenList,
} from "../../src/handshake/header-values.ts";
import { hex } from "../bytes.ts";

/** RFC 9110 section 5.6.2. */
const tokenCharacters =
  "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const invalidOption = expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_OPTION" });

describe("isToken", () => {
  test("accepts exactly the characters of RFC 9110", () => {
    const taken = Array.from({ length: 0x300 }, (_, unit) => String.fromCharCode(unit))
      .filter(isToken)
      .join("");
    expect([...taken].sort().join("")).toBe([...tokenCharacters].sort().join(""));
  });

  test("refuses empty text and text with one invalid character", () => {
    expect(isToken("")).toBe(false);
    expect(isToken("Sec-WebSocket-Key")).toBe(true);
    for (const text of ["a b", "a\n", "\na", "a:", "a,b", 'a"', "caf\u00e9", "\u212a"]) {
      expect(isToken(text)).toBe(false);
    }
  });
});

const token = fc.string({ unit: fc.constantFrom(...tokenCharacters), minLength: 1, maxLength: 8 });

describe("parseTokenList", () => {
  test("reads tokens in any number of lines, with blanks and empty elements between", () => {
    const separator = fc.constantFrom(",", ", ", " ,\t", ",,", " , , ");
    const line = fc.array(fc.tuple(token, separator), { maxLength: 4 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 3 }), (lines) => {
        const values = lines.map((line) => line.flat().join(""));
        expect(parseTokenList(values)).toEqual(lines.flatMap((line) => line.map(([name]) => name)));
      }),
    );
  });

  test.each(["a b", "a;b", "a, b c", '"a"', "a/1", "\u00a0a", "a\u00a0", "a,\u0085", "a\u000bb"])(
    "refuses %j, which is not a token",
    (value) => {
      expect(parseTokenList([value])).toBeUndefined();
      expect(parseTokenList(["x", value])).toBeUndefined();
    },
  );
});

describe("includesToken", () => {
  test.each([
    [["upgrade"]],
    [["Upgrade"]],
    [["UPGRADE"]],
    [["keep-alive, Upgrade"]],
    [["Upgrade,keep-alive"]],
    [["keep-alive", "x", "upgrade"]],
    [["", ",upgrade,"]],
  ])("finds upgrade in %j", (values) => {
    expect(includesToken(values, "upgrade")).toBe(true);
  });

  test.each([[[]], [[""]], [["upgrades"]], [["xupgrade"]], [["up grade"]], [["\u00a0upgrade"]]])(
    "does not find it in %j",
    (values) => {
      expect(includesToken(values, "upgrade")).toBe(false);
    },
  );
});

describe("formatHeaders", () => {
  const none = new Set<string>();

  test("accepts an object, also with lists of values, and pairs", () => {
    expect(formatHeaders({ A: "1", B: ["2", "3"], C: [] }, none)).toBe("A: 1\r\nB: 2\r\nB: 3\r\n");
    const pairs: [string, string][] = [
      ["Set-Cookie", "a"],
      ["Set-Cookie", "b"],
    ];
    expect(formatHeaders(pairs, none)).toBe("Set-Cookie: a\r\nSet-Cookie: b\r\n");
    expect(formatHeaders(new Map(pairs), none)).toBe("Set-Cookie: b\r\n");
    expect(formatHeaders(new Headers({ x: "y" }), none)).toBe("x: y\r\n");
    expect(formatHeaders({}, none)).toBe("");
  });

  test.each(["a\r\nb: c", "a\nb", "a\rb", "a\0b", "a\u007f", "\u2028", "\u0100", "\ud83d\ude00"])(
    "refuses the value %j, which is not valid in a header line",
    (value) => {
      expect(() => formatHeaders({ Name: value }, none)).toThrow(invalidOption);
      expect(() => formatHeaders([["Name", value]], none)).toThrow(invalidOption);
      expect(() => formatHeaders({ Name: ["good", value] }, none)).toThrow(invalidOption);
    },
  );

  test.each(["", "a:", "a b", "a\r\nb", "a\n", "\u00e9"])("refuses the name %j", (name) => {
    expect(() => formatHeaders({ [name]: "x" }, none)).toThrow(invalidOption);
  });

  test("refuses values that are not text", () => {
    for (const value of [undefined, null, 1, {}, [1]]) {
      expect(() => formatHeaders({ Name: value as string }, none)).toThrow(TypeError);
    }
  });

  test.each([null, "a: b", Promise.resolve({ a: "b" })])(
    "refuses %s in place of headers",
    (value) => {
      expect(() => formatHeaders(value as never, none)).toThrow(invalidOption);
    },
  );

  test("refuses reserved names in any case", () => {
    const reserved = new Set(["host"]);
    for (const name of ["host", "Host", "HOST"]) {
      expect(() => formatHeaders({ [name]: "x" }, reserved)).toThrow(invalidOption);
    }
  });

  test("writes exactly one line for each value", () => {
    const anything = fc.oneof(fc.string({ unit: "binary" }), fc.string({ unit: "binary-ascii" }));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.oneof(token, anything), anything)), (pairs) => {
        let lines: string;
        try {
          lines = formatHeaders(pairs, none);
        } catch (error) {
          expect(error).toMatchObject({ code: "WS_ERR_INVALID_OPTION" });
          return;
        }
        expect(lines.split(/[\r\n]+/)).toEqual([...pairs.map(([n, v]) => `${n}: ${v}`), ""]);
      }),
      { numRuns: runs(500) },
    );
  });
});

test("encodeLatin1 writes one byte per character", () => {
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  expect(hex(encodeLatin1(String.fromCharCode(...all)))).toBe(hex(all));
});

// It decodes pieces of 4,096 bytes.
test.each([0, 1, 255, 4_095, 4_096, 4_097, 8_192, 12_289])(
  "decodeLatin1 reads %i bytes from start to end, one character each",
  (length) => {
    const bytes = Uint8Array.from({ length: length + 7 }, (_, i) => (i * 31) & 0xff);
    const text = decodeLatin1(bytes, 3, length + 3);
    expect(text).toHaveLength(length);
    expect(hex(encodeLatin1(text))).toBe(hex(bytes.subarray(3, length + 3)));
  },
);

test("decodeLatin1 leaves no byte out that other decoders replace", () => {
  // The label "latin1" of TextDecoder means windows-1252, in which 80 to 9F are other characters.
  const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  expect(decodeLatin1(all, 0x7f, 0xa1)).toBe(
    String.fromCharCode(...Array.from({ length: 0x22 }, (_, i) => 0x7f + i)),
  );
});

test.each([
  null,
  1,
  "a: b",
  () => {},
  [1],
  [null],
  ["ab"],
  { a: 1 },
  { a: null },
  { a: [2n] },
  [[1, "b"]],
])("headers of another type are refused (%#)", (headers) => {
  expect(() => formatHeaders(headers as unknown as Record<string, string>, new Set())).toThrow(
    expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_OPTION" }),
  );
});

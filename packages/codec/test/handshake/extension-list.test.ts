import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Extension,
  formatExtensionList,
  parseExtensionList,
} from "../../src/handshake/extension-list.ts";

/** An extension with parameters as pairs of name and value. */
function extension(name: string, ...parameters: [string, string?][]): Extension {
  return { name, parameters: parameters.map(([parameter, value]) => [parameter, value]) };
}

describe("parseExtensionList (RFC 6455 section 9.1)", () => {
  test.each<[readonly string[], readonly Extension[]]>([
    [["deflate-stream"], [extension("deflate-stream")]],
    [
      ["mux; max-channels=4; flow-control, deflate-stream"],
      [extension("mux", ["max-channels", "4"], ["flow-control"]), extension("deflate-stream")],
    ],
    [
      ["foo", "bar; baz=2"],
      [extension("foo"), extension("bar", ["baz", "2"])],
    ],
    [["foo, bar; baz=2"], [extension("foo"), extension("bar", ["baz", "2"])]],
    // The implied linear white space of RFC 2616 is allowed between any two parts.
    [[" \tfoo \t; \ta\t=\t b ,\tbar "], [extension("foo", ["a", "b"]), extension("bar")]],
    [["foo;a=b;c"], [extension("foo", ["a", "b"], ["c"])]],
    // RFC 2616 section 2.1: empty elements are allowed and ignored.
    [[",, foo ,\t, bar,,"], [extension("foo"), extension("bar")]],
    [["", "foo"], [extension("foo")]],
    [['foo; a="b"'], [extension("foo", ["a", "b"])]],
    [['foo; a="\\b\\c"; d'], [extension("foo", ["a", "bc"], ["d"])]],
    // An apostrophe is not a quotation mark.
    [["foo; a='b,"], [extension("foo", ["a", "'b"])]],
    [["foo; a=1; a=2, foo"], [extension("foo", ["a", "1"], ["a", "2"]), extension("foo")]],
    [
      ["__proto__; constructor=toString; __proto__=1"],
      [extension("__proto__", ["constructor", "toString"], ["__proto__", "1"])],
    ],
    [["!#$%&'*+-.^_`|~09azAZ"], [extension("!#$%&'*+-.^_`|~09azAZ")]],
  ])("%j", (values, expected) => {
    expect(parseExtensionList(values)).toEqual(expected);
  });

  test.each([
    [[]],
    [[""]],
    [[" ,\t, "]],
    [["foo bar"]],
    [["foo;"]],
    [["foo; "]],
    [["foo;;a"]],
    [["foo; ,bar"]],
    [["; a"]],
    [["=a"]],
    [["foo=a"]],
    [["foo; a="]],
    [["foo; a= ;b"]],
    [["foo; =a"]],
    [["foo; a=b=c"]],
    [["foo; a=b c"]],
    [['foo; a=""']],
    [['foo; a="b c"']],
    [['foo; a="b,c"']],
    [['foo; a="b']],
    [['foo; a="b\\']],
    [['foo; a="b\\"']],
    [['foo; a="\\""']],
    [['foo; a="b"c']],
    [['foo; a=b"c"']],
    [['foo; a="b" "c"']],
    [['"foo"']],
    [['foo; "a"=b']],
    [["f\u00f6\u00f6"]],
    [["foo/1"]],
    [["foo@bar"]],
    [["foo", "bar baz"]],
    // A quoted string does not continue in the next line.
    [['foo; a="b', 'c"']],
  ])("refuses %j", (values) => {
    expect(parseExtensionList(values)).toBeUndefined();
  });

  test("takes linear time for malformed values", () => {
    // With quadratic time the test would time out.
    const length = 100_000;
    for (const piece of [" ", "a", ",", ";", '"', "\\", '"\\', "a;", "=", "a;b=", 'a;b="', " ,"]) {
      const text = piece.repeat(length / piece.length);
      for (const start of ["", "a", "a;b=", 'a;b="', "a "]) {
        const parsed = parseExtensionList([`${start}${text}\u0000`]);
        expect(parsed).toBeUndefined();
      }
    }
  });

  test("reads what formatExtensionList writes", () => {
    const token = fc.oneof(
      fc.stringMatching(/^[!#-'*+.^_`|~0-9A-Za-z-]{1,12}$/),
      fc.constantFrom("__proto__", "constructor"),
    );
    const parameters = fc.array(fc.tuple(token, fc.option(token, { nil: undefined })), {
      maxLength: 4,
    });
    const list = fc.array(fc.record({ name: token, parameters }, { noNullPrototype: true }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(list, (extensions) => {
        expect(parseExtensionList([formatExtensionList(extensions)])).toEqual(extensions);
        const lines = extensions.map((extension) => formatExtensionList([extension]));
        expect(parseExtensionList(lines)).toEqual(extensions);
      }),
    );
  });
});

describe("formatExtensionList", () => {
  test("writes names, parameters and values", () => {
    expect(formatExtensionList([extension("mux", ["a", "4"], ["b"]), extension("foo")])).toBe(
      "mux; a=4; b, foo",
    );
    expect(formatExtensionList([])).toBe("");
  });

  test.each(["", "a b", "a,b", 'a"', "a\r\nX: y", 7 as unknown as string])("refuses %j", (part) => {
    const fault = expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_OPTION" });
    for (const list of [
      [extension(part)],
      [extension("x", [part])],
      [extension("x", ["y", part])],
    ]) {
      expect(() => formatExtensionList(list)).toThrow(fault);
    }
  });
});

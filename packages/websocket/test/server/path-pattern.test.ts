import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PathPattern, pathSegments } from "../../src/server/path-pattern.ts";

/** Matches as a router does. Parameters as an ordinary object. */
function match(pattern: string, path: string): object | undefined {
  const segments = pathSegments(path);
  const parameters = segments && new PathPattern(pattern).match(segments);
  return parameters && { ...parameters };
}

describe("matching", () => {
  test.each<[string, string, object | undefined]>([
    ["/", "/", {}],
    ["/", "//", undefined],
    ["/feed", "/feed", {}],
    ["/feed", "/feed/", undefined],
    ["/feed", "/Feed", undefined],
    ["/feed/", "/feed/", {}],
    ["/caf%C3%A9", "/caf%c3%a9", {}],
    ["/café", "/caf%C3%A9", {}],
    ["/a b", "/a%20b", {}],
    ["/rooms/:room", "/rooms/7", { room: "7" }],
    ["/rooms/:room", "/rooms/", undefined],
    ["/rooms/:room", "/rooms", undefined],
    ["/rooms/:room", "/rooms/7/8", undefined],
    ["/rooms/:room", "/rooms/a%2Fb", { room: "a/b" }],
    ["/rooms/:room", "/rooms/%5C", { room: "\\" }],
    ["/rooms/:room", "/rooms/%252e", { room: "%2e" }],
    ["/:a/:b", "/1/2", { a: "1", b: "2" }],
    ["/:a/x/:b", "/1/x/2", { a: "1", b: "2" }],
    ["/:a/x/:b", "/1/y/2", undefined],
    ["/files/*", "/files/", { "*": "" }],
    ["/files/*", "/files", undefined],
    ["/files/*", "/files/a/b%20c/", { "*": "a/b c/" }],
    ["/*", "/", { "*": "" }],
    ["/*", "/a", { "*": "a" }],
    ["/:user/*", "/7/a/b", { user: "7", "*": "a/b" }],
  ])("%s: %s", (pattern, path, expected) => {
    expect(match(pattern, path)).toEqual(expected);
  });

  test("a name such as __proto__ is a property like others", () => {
    const parameters = new PathPattern("/:__proto__").match(["x"]);
    expect(Object.entries(parameters ?? {})).toEqual([["__proto__", "x"]]);
  });
});

test.each(["/.", "/..", "/a/../b", "/a/./b", "/%2e", "/a/%2E%2e/b", "/.%2E", "/a\\..\\b", "/\\"])(
  "no segments: a URL parser reads another path in %s",
  (path) => {
    expect(pathSegments(path)).toBeUndefined();
    expect(new URL(`http://x${path}`).pathname).not.toBe(path);
  },
);

test("all other paths have the segments of the URL's path", () => {
  const part = fc.constantFrom(
    "a",
    ".",
    "%2e",
    "..",
    "%2F",
    "%41",
    "é",
    "",
    "\\",
    "...",
    "%5c",
    ":",
    "*",
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 6 }),
      fc.array(fc.boolean(), { maxLength: 6 }),
      (parts, slashes) => {
        const path = `/${parts.map((part, index) => part + (slashes[index] ? "/" : "")).join("")}`;
        const segments = pathSegments(path);
        const { pathname } = new URL(`http://x${path}`);
        if (segments !== undefined) {
          expect(segments).toEqual(pathname.slice(1).split("/").map(decodeURIComponent));
        }
      },
    ),
  );
});

test.each(["/%", "/%zz", "/%ff", "/a/%C3"])("%s is malformed", (path) => {
  expect(() => pathSegments(path)).toThrow(URIError);
});

test("the most specific pattern comes first, whatever the order", () => {
  const sorted = ["/a/b", "/a/:x/c", "/a/:x", "/a/*", "/:x/b", "/:x/*", "/*"];
  fc.assert(
    fc.property(fc.shuffledSubarray(sorted, { minLength: sorted.length }), (shuffled) => {
      const patterns = shuffled.map((source) => new PathPattern(source));
      const sources = patterns.sort(PathPattern.compare).map(({ source }) => source);
      for (const path of ["/a/b", "/a/q/c", "/a/q", "/a/q/r", "/q/b", "/q/r", "/q"]) {
        const first = (list: string[]) =>
          list.find((pattern) => match(pattern, path) !== undefined);
        expect(first(sources)).toBe(first(sorted));
      }
    }),
  );
});

test.each<[string, string, boolean]>([
  ["/:a", "/:b", true],
  ["/x/:a", "/x/:b", true],
  ["/%41", "/A", true],
  ["/:a", "/a", false],
  ["/:a", "/*", false],
  ["/:a/", "/:a", false],
])("%s and %s match the same paths: %s", (a, b, expected) => {
  expect(new PathPattern(a).equals(new PathPattern(b))).toBe(expected);
});

test.each<[string, string]>([
  ["feed", "it must start with a slash"],
  ["", "it must start with a slash"],
  ["/*/a", "only the last segment may be *"],
  ["/:", "a name consists of letters, digits and _"],
  ["/:a-b", "a name consists of letters, digits and _"],
  ["/:a/:a", "a name occurs twice"],
  ["/a*", 'no path has the segment "a*"'],
  ["/a?b", 'no path has the segment "a?b"'],
  ["/a#b", 'no path has the segment "a#b"'],
  ["/a/../b", 'no path has the segment ".."'],
  ["/%2e", 'no path has the segment "%2e"'],
  ["/a\\b", 'no path has the segment "a\\\\b"'],
  ["/%zz", "its percent-encoding is malformed"],
])("%j is malformed", (pattern, reason) => {
  expect(() => new PathPattern(pattern)).toThrow(
    expect.objectContaining({
      name: "TypeError",
      code: "WS_ERR_INVALID_OPTION",
      message: `option routes has the pattern ${JSON.stringify(pattern)}: ${reason} (WS_ERR_INVALID_OPTION)`,
    }),
  );
});

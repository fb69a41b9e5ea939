import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { parseWebSocketUrl } from "../../src/handshake/url.ts";

const parse = parseWebSocketUrl;

describe("a ws+unix URL", () => {
  test("has a socket's path and a request target, and localhost as host", () => {
    expect(parse("ws+unix:/run/app.sock:/chat?room=1")).toEqual({
      secure: false,
      hostname: "localhost",
      port: 80,
      host: "localhost",
      target: "/chat?room=1",
      authorization: "",
      socketPath: "/run/app.sock",
    });
  });

  test.each([
    ["ws+unix:/a.sock", "/a.sock", "/"],
    ["ws+unix:/a.sock:", "/a.sock", "/"],
    ["ws+unix:/a.sock:/", "/a.sock", "/"],
    ["WS+UNIX:/A.sock:/B", "/A.sock", "/B"],
    ["  ws+unix:/a.sock:/b  ", "/a.sock", "/b"],
    ["ws+unix:///a.sock:/b", "/a.sock", "/b"],
    ["ws+unix:a.sock:/b", "a.sock", "/b"],
    ["ws+unix:./a.sock:/b", "./a.sock", "/b"],
    ["ws+unix:../a.sock:/b", "../a.sock", "/b"],
    ["ws+unix:/x/../a.sock:/b", "/x/../a.sock", "/b"],
    ["ws+unix:/a.sock:/b:c:/d", "/a.sock", "/b:c:/d"],
    ["ws+unix:/a.sock:/b?c:d", "/a.sock", "/b?c:d"],
    ["ws+unix:/a.sock?c=d", "/a.sock", "/?c=d"],
    ["ws+unix:/a.sock?c:d", "/a.sock", "/?c:d"],
    ["ws+unix:/a.sock:?c=d", "/a.sock", "/?c=d"],
    ["ws+unix:/a.sock:/b c?é", "/a.sock", "/b%20c?%C3%A9"],
    ["ws+unix:/a.sock:/b/../c", "/a.sock", "/c"],
    ["ws+unix:/a.sock://other.example/", "/a.sock", "//other.example/"],
    ["ws+unix:/a.sock:/@b", "/a.sock", "/@b"],
    ["ws+unix:/my%20app.sock:/", "/my app.sock", "/"],
    ["ws+unix:/my app.sock:/", "/my app.sock", "/"],
    ["ws+unix:/%C3%A9.sock:/", "/é.sock", "/"],
    ["ws+unix:/é.sock:/", "/é.sock", "/"],
    ["ws+unix:/a%3Ab%3Fc%23d%25e.sock:/", "/a:b?c#d%e.sock", "/"],
    ["ws+unix:@name:/b", "\0name", "/b"],
    ["ws+unix:@name", "\0name", "/"],
    ["ws+unix:@a/b@c/:/d", "\0a/b@c/", "/d"],
    ["ws+unix:%40name:/b", "\0name", "/b"],
    ["ws+unix:./@name:/b", "./@name", "/b"],
    [`ws+unix:${"/a".repeat(53)}a:/`, `${"/a".repeat(53)}a`, "/"],
  ])("%s", (url, socketPath, target) => {
    expect(parse(url)).toMatchObject({ socketPath, target, host: "localhost", secure: false });
  });

  test("parses the same as the href of a URL object", () => {
    for (const url of ["ws+unix:/my app.sock:/b c?d", "ws+unix:///a.sock:/é", "ws+unix:@name:/b"]) {
      expect(parse(new URL(url).href)).toEqual(parse(url));
    }
  });

  test.each([
    ["ws+unix:", "missing"],
    ["ws+unix: ", "missing"],
    ["ws+unix::/b", "missing"],
    ["ws+unix:?b", "missing"],
    ["ws+unix:@", "missing"],
    ["ws+unix:@:/b", "missing"],
    ["ws+unix:///", "folder"],
    ["ws+unix:/a/:/b", "folder"],
    ["ws+unix://", "missing"],
    ["ws+unix://a.sock", "host"],
    ["ws+unix://host/a.sock:/b", "host"],
    ["ws+unix://user:secret@/a.sock:/b", "host"],
    ["ws+unix:/a.sock:b", "start with /"],
    ["ws+unix:/a.sock::/b", "start with /"],
    ["ws+unix:/a.sock:@b", "start with /"],
    ["ws+unix:/a%00b:/", "NUL"],
    ["ws+unix:%00name:/", "NUL"],
    ["ws+unix:@a%00b:/", "NUL"],
    ["ws+unix:/a\0b:/", "control"],
    ["ws+unix:/a\nb:/", "control"],
    ["ws+unix:/a:/b\r\nX: y", "control"],
    ["ws+unix:/a:/b\tc", "control"],
    ["ws+unix:/a%:/", "percent"],
    ["ws+unix:/a%ff:/", "percent"],
    ["ws+unix:/a.sock:/b#c", "fragment"],
    ["ws+unix:/a.sock#", "fragment"],
    [`ws+unix:${"/a".repeat(54)}:/`, "107 bytes"],
    [`ws+unix:/${"é".repeat(54)}:/`, "107 bytes"],
    [`ws+unix:@${"a".repeat(107)}`, "107 bytes"],
    ["wss+unix:/a.sock:/b", "scheme"],
    ["ws+unixx:/a.sock:/b", "scheme"],
    ["http+unix:/a.sock:/b", "scheme"],
  ])("%j is refused with an error about %s", (url, why) => {
    expect(() => parse(url)).toThrow(
      expect.objectContaining({
        name: "TypeError",
        code: "WS_ERR_INVALID_URL",
        message: expect.stringContaining(why),
      }),
    );
    expect(() => parse(url)).not.toThrow(/secret/);
  });

  test("cannot contain characters that end a path or a line of the request", () => {
    const part = fc.oneof(
      fc.constantFrom(
        "\r\n",
        "\t",
        " ",
        "\0",
        "%00",
        "%0d%0a",
        "?",
        "/",
        "@",
        ":",
        "\\",
        "%",
        "//",
      ),
      fc.string({ unit: "binary", maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        let url: ReturnType<typeof parse>;
        try {
          url = parse(`ws+unix:${parts.join("")}`);
        } catch (error) {
          expect(error).toMatchObject({ name: "TypeError", code: "WS_ERR_INVALID_URL" });
          return;
        }
        expect(url.target).toMatch(/^\/[\x21-\x7e]*$/);
        expect(url.socketPath.slice(1)).not.toContain("\0");
        expect(url.socketPath).not.toMatch(/^\0?$/);
        expect(Buffer.byteLength(url.socketPath)).toBeLessThanOrEqual(107);
      }),
      { numRuns: runs(500) },
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { parseWebSocketUrl } from "../../src/handshake/url.ts";

const parse = parseWebSocketUrl;

describe("parseWebSocketUrl", () => {
  test("parses the parts of a URL (section 3)", () => {
    expect(parse("ws://example.com:8080/chat/a?room=1&x=y")).toEqual({
      secure: false,
      hostname: "example.com",
      port: 8080,
      host: "example.com:8080",
      target: "/chat/a?room=1&x=y",
      authorization: "",
      socketPath: "",
    });
  });

  test("parses a ws+unix URL, of which a socket's path has at most 107 bytes", () => {
    expect(parse("ws+unix:/run/app.sock:/chat?x=1")).toEqual({
      secure: false,
      hostname: "localhost",
      port: 80,
      host: "localhost",
      target: "/chat?x=1",
      authorization: "",
      socketPath: "/run/app.sock",
    });
    expect(() => parse(`ws+unix:/${"x".repeat(107)}`)).toThrow("is longer than 107 bytes");
  });

  test.each([
    ["ws://example.com", { secure: false, port: 80, host: "example.com", target: "/" }],
    ["wss://example.com", { secure: true, port: 443, host: "example.com", target: "/" }],
    ["WSS://EXAMPLE.com:443/A", { secure: true, port: 443, host: "example.com", target: "/A" }],
    ["ws://example.com:443", { secure: false, port: 443, host: "example.com:443" }],
    ["wss://example.com:80", { secure: true, port: 80, host: "example.com:80" }],
    ["ws://example.com?a=b", { target: "/?a=b" }],
    ["ws://example.com/a%20b", { target: "/a%20b" }],
    ["ws://example.com/a b?\u00e9\u20ac", { target: "/a%20b?%C3%A9%E2%82%AC" }],
    ["ws://example.com/%23", { target: "/%23" }],
    ["ws://127.0.0.1:1", { hostname: "127.0.0.1", port: 1 }],
    ["ws://[::1]:8080/", { hostname: "::1", port: 8080, host: "[::1]:8080" }],
    ["wss://[::1]/", { hostname: "::1", port: 443, host: "[::1]" }],
    [
      "ws://user:secret@example.com/",
      { host: "example.com", authorization: "Basic dXNlcjpzZWNyZXQ=" },
    ],
    ["ws://user@example.com/", { authorization: "Basic dXNlcjo=" }],
    ["ws://:secret@example.com/", { authorization: "Basic OnNlY3JldA==" }],
    ["ws://%E2%82%AC:%3A@example.com/", { authorization: "Basic 4oKsOjo=" }],
  ])("%s", (url, parts) => {
    expect(parse(url)).toMatchObject(parts);
  });

  test.each([
    ["", "parsed"],
    ["example.com", "parsed"],
    ["/chat", "parsed"],
    ["ws://", "parsed"],
    ["ws://example.com:65536", "parsed"],
    ["ws://exa mple.com", "parsed"],
    ["http://example.com", "scheme"],
    ["https://example.com", "scheme"],
    ["javascript:alert(1)", "scheme"],
    ["ws://example.com/#top", "fragment"],
    ["ws://example.com/#", "fragment"],
    ["ws://example.com:0/", "port"],
    ["ws://%ff@example.com/", "user information"],
    // The URL standard allows these in a host, RFC 3986 does not, and so a Host header has none.
    ['ws://a"b/', "host"],
    ["ws://a`b/", "host"],
    ["ws://{a}/", "host"],
  ])("refuses %j with an error about the %s", (url, why) => {
    expect(() => parse(url)).toThrow(
      expect.objectContaining({
        name: "TypeError",
        code: "WS_ERR_INVALID_URL",
        message: expect.stringContaining(why),
      }),
    );
  });

  test("the result cannot contain characters that end a line of the request", () => {
    const part = fc.oneof(
      fc.constantFrom("\r\n", "\n", "\t", " ", "\0", "%0d%0a", "?", "/", "@", ":", "\\", "\u2028"),
      fc.string({ unit: "binary", maxLength: 5 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        let url: ReturnType<typeof parse>;
        try {
          url = parse(`ws://example.com${parts.join("")}`);
        } catch (error) {
          expect(error).toMatchObject({ name: "TypeError", code: "WS_ERR_INVALID_URL" });
          return;
        }
        expect(url.target).toMatch(/^\/[\x21-\x7e]*$/);
        expect(url.host).toMatch(/^[\x21-\x7e]+$/);
        expect(url.authorization).toMatch(/^(Basic [A-Za-z0-9+/=]+)?$/);
        expect(url.port).toBeGreaterThan(0);
      }),
      { numRuns: runs(500) },
    );
  });
});

test("an error does not contain the password", () => {
  for (const url of [
    "ws://me:secret@example.com/#x",
    "http://me:secret@a@b/",
    "ws://me:secret@[/",
  ]) {
    expect(() => parseWebSocketUrl(url)).toThrow(/^invalid URL "\w+:\/\/\*\*\*@/);
    expect(() => parseWebSocketUrl(url)).not.toThrow(/secret/);
  }
  // Parsers of URLs take all of these for `ws://me:secret@example.com:0/`.
  for (const start of ["ws:", "ws:/", "ws:\\\\", "ws:\\/", "ws:/\t/", " ws:///"]) {
    const url = `${start}me:secret@example.com:0/`;
    expect(() => parseWebSocketUrl(url)).toThrow(/port must be/);
    expect(() => parseWebSocketUrl(url)).not.toThrow(/secret/);
  }
  // A backslash of an unknown scheme is no slash: it belongs to the password.
  expect(() => parseWebSocketUrl("x://me:\\secret@example.com/")).toThrow("x://***@example.com/");
  // In a known one it starts the path.
  expect(() => parseWebSocketUrl("http://example.com\\a@b")).toThrow("example.com\\a@b");
});

import { HandshakeError } from "@framewright/codec";
import { HttpHeaders, parseWebSocketUrl } from "@framewright/codec/handshake";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { checkRedirects } from "../../src/client/redirect-options.ts";
import { isRedirect, type Redirect, RedirectChain } from "../../src/client/redirects.ts";

function redirection(location: string): HandshakeError {
  const headers = new HttpHeaders();
  headers.append("Location", location);
  return new HandshakeError("WS_ERR_UNEXPECTED_RESPONSE", 302, "moved", { headers });
}

/** Follows one redirect. Returns the URL, and what goes along. */
function follow(from: string, location: string): string {
  const url = parseWebSocketUrl(from);
  try {
    const chain = new RedirectChain({ max: 1 }, url);
    const { url: to, isSameOrigin } = chain.follow(redirection(location), url);
    const scheme = to.secure ? "wss" : "ws";
    const path = to.socketPath === "" ? "" : ` on ${to.socketPath}`;
    return `${scheme}://${to.host}${to.target}${path} ${isSameOrigin} ${to.authorization}`.trim();
  } catch (error) {
    return (error as HandshakeError).code;
  }
}

test.each([
  ["ws://a.example/x/y?z", "", "WS_ERR_TOO_MANY_REDIRECTS"],
  ["ws://a.example/x/y?z", "w", "ws://a.example/x/w true"],
  ["ws://u:p@a.example/x", "/y", "ws://a.example/y true Basic dTpw"],
  ["ws://u:p@a.example/x", "ws://v:q@a.example/y", "ws://a.example/y true Basic dTpw"],
  ["ws://u:p@a.example/x", "http://A.example:80/y", "ws://a.example/y true Basic dTpw"],
  ["ws://u:p@a.example/x", "ws://v:q@b.example/y", "ws://b.example/y false"],
  ["ws://u:p@a.example/x", "ws://a.example:81/y", "ws://a.example:81/y false"],
  ["ws://u:p@a.example/x", "https://a.example/x", "wss://a.example/x false"],
  ["ws://a.example/x", "//b.example/y#top", "ws://b.example/y false"],
  ["wss://a.example/x", "//b.example/y", "wss://b.example/y false"],
  ["wss://a.example/x", "http://a.example/x", "WS_ERR_INVALID_REDIRECT"],
  ["wss://a.example/x", "ws://a.example:443/x", "WS_ERR_INVALID_REDIRECT"],
  ["ws://[::1]:81/x", "y", "ws://[::1]:81/y true"],
  ["ws+unix:/run/app:/x", "y", "ws://localhost/y on /run/app true"],
  ["ws+unix:/run/app:/x", "ws://a.example/y", "ws://a.example/y false"],
  ["ws://a.example/x", "ws+unix:/run/app:/y", "WS_ERR_INVALID_REDIRECT"],
  ["ws://a.example/x", "file:///etc/passwd", "WS_ERR_INVALID_REDIRECT"],
  ["ws://a.example/x", "ws://b c/", "WS_ERR_INVALID_REDIRECT"],
])("from %s to %j: %s", (from, location, expected) => {
  expect(follow(from, location)).toBe(expected);
});

test("no Location leads from wss to ws, takes credentials along or is another error", () => {
  const hosts = fc.constantFrom(
    "a.example",
    "b.example",
    "a.example:444",
    "[::1]",
    "localhost",
    "",
  );
  const schemes = fc.constantFrom("ws:", "wss:", "http:", "https:", "WS:", "ftp:", "data:", "");
  const slashes = fc.constantFrom("//", "/", "\\\\", "\\", "", "///", "/\t/");
  const users = fc.constantFrom("", "u@", "u:p@", "a.example@", ":@", "%@");
  const rest = fc.oneof(fc.constantFrom("/", "/x?y#z", "?", "#", "/../.."), fc.string());
  const locations = fc.tuple(schemes, slashes, users, hosts, rest).map((parts) => parts.join(""));
  const froms = fc.constantFrom("ws://m:s@a.example/", "wss://m:s@a.example/x", "ws+unix:/s:/x");
  fc.assert(
    fc.property(froms, locations, (text, location) => {
      const from = parseWebSocketUrl(text);
      const chain = new RedirectChain({ max: 1 }, from);
      let to: Redirect;
      try {
        to = chain.follow(redirection(location), from);
      } catch (error) {
        expect(error).toBeInstanceOf(HandshakeError);
        return;
      }
      const { url, isSameOrigin } = to;
      expect(from.secure && !url.secure).toBe(false);
      expect(isSameOrigin).toBe(url.host === from.host && url.secure === from.secure);
      expect(url.authorization).toBe(isSameOrigin ? from.authorization : "");
      expect(url.socketPath).toBe(isSameOrigin ? from.socketPath : "");
      expect(`${url.host}${url.target}`).toMatch(/^[\x21-\x7e]+$/);
    }),
    { numRuns: runs(1_000) },
  );
});

test("isRedirect", () => {
  const statuses = [200, 300, 301, 302, 303, 304, 305, 306, 307, 308, 309, 400];
  const redirects = statuses.filter((status) =>
    isRedirect(new HandshakeError("WS_ERR_UNEXPECTED_RESPONSE", status, "")),
  );
  expect(redirects).toEqual([301, 302, 303, 307, 308]);
  expect(isRedirect(new HandshakeError("WS_ERR_INVALID_ACCEPT", 302, ""))).toBe(false);
});

test("checkRedirects", () => {
  expect(checkRedirects(undefined)).toEqual({ max: 0 });
  expect(checkRedirects(3)).toEqual({ max: 3 });
  const headers = () => ({});
  expect(checkRedirects({ max: 2, headers })).toEqual({ max: 2, headers });
});

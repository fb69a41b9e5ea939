import { describe, expect, test } from "vitest";
import { parseProxyUrl } from "../../../src/client/proxy/proxy-url.ts";

const none = { username: "", password: "" };

describe("parseProxyUrl", () => {
  test.each([
    ["http://proxy.example", { protocol: "http", hostname: "proxy.example", port: 80, ...none }],
    [
      "http://proxy.example:80/",
      { protocol: "http", hostname: "proxy.example", port: 80, ...none },
    ],
    ["http://a:443", { protocol: "http", hostname: "a", port: 443, ...none }],
    ["https://A.Example", { protocol: "https", hostname: "a.example", port: 443, ...none }],
    ["https://a:80", { protocol: "https", hostname: "a", port: 80, ...none }],
    ["socks5://a", { protocol: "socks5", hostname: "a", port: 1080, ...none }],
    ["socks5://a:80", { protocol: "socks5", hostname: "a", port: 80, ...none }],
    ["SOCKS5H://A:443", { protocol: "socks5", hostname: "a", port: 443, ...none }],
    ["socks5://[::1]:9050", { protocol: "socks5", hostname: "::1", port: 9050, ...none }],
    ["http://[2001:DB8::1]", { protocol: "http", hostname: "2001:db8::1", port: 80, ...none }],
    [
      "http://bücher.example",
      { protocol: "http", hostname: "xn--bcher-kva.example", port: 80, ...none },
    ],
    ["http://u:p@a:1", { protocol: "http", hostname: "a", port: 1, username: "u", password: "p" }],
    ["http://u@a", { protocol: "http", hostname: "a", port: 80, username: "u", password: "" }],
    ["http://:p@a", { protocol: "http", hostname: "a", port: 80, username: "", password: "p" }],
    [
      "socks5://%C3%BC%40:p%3A%2F%20ö@a",
      { protocol: "socks5", hostname: "a", port: 1080, username: "ü@", password: "p:/ ö" },
    ],
  ])("parses %j", (text, expected) => {
    expect(parseProxyUrl(text)).toEqual(expected);
  });

  const scheme = "it must start with http://, https://, socks5:// or socks5h://";
  const end = "it must end after the host and port";
  test.each([
    ["", scheme],
    ["proxy.example:3128", scheme],
    ["http:proxy.example", scheme],
    ["socks4://a", scheme],
    ["socks5a://a", scheme],
    ["ws://a", scheme],
    ["http://", "it cannot be parsed"],
    ["http://a b", "it cannot be parsed"],
    ["http://a:65536", "it cannot be parsed"],
    ["http://[::1", "it cannot be parsed"],
    ["http://u:pa/ss@a:1", "it cannot be parsed"],
    ["socks5://", "it cannot be parsed"],
    ["http://a:0", "the port must be 1 to 65535"],
    ["http://a/path", end],
    ["http://a/?", end],
    ["http://a?x", end],
    ["http://a#x", end],
    ["http://a#", end],
    ["http://u:%ff@a", "the user information is not valid percent-encoded UTF-8"],
    ["http://u:50%@a", "the user information is not valid percent-encoded UTF-8"],
    ["http://u%3A:p@a", "the user name has a colon"],
    ["socks5://:p@a", "SOCKS needs a user name for the password"],
    [`socks5://${"u".repeat(256)}@a`, "SOCKS takes at most 255 bytes of user name and of password"],
    [
      `socks5://u:${"ü".repeat(128)}@a`,
      "SOCKS takes at most 255 bytes of user name and of password",
    ],
  ])("refuses %j and does not repeat it", (text, reason) => {
    expect(parseProxyUrl(text)).toBe(reason);
  });
});

import { describe, expect, test } from "vitest";
import { isExcluded, proxyOfEnvironment } from "../../../src/client/proxy/proxy-environment.ts";

const ws = { secure: false, hostname: "a.example", port: 80 };
const wss = { secure: true, hostname: "a.example", port: 443 };

const proxyOf = (url: typeof ws, environment: Record<string, string>) =>
  proxyOfEnvironment(url, (name) => environment[name]);

/** All variables that are read, each with its own name as the host of the proxy. */
const wsNames = ["ws_proxy", "WS_PROXY", "http_proxy", "all_proxy", "ALL_PROXY"];
const wssNames = ["wss_proxy", "WSS_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

describe("proxyOfEnvironment", () => {
  test.each([
    ["ws", ws, wsNames],
    ["wss", wss, wssNames],
  ])("%s: the first variable that is set counts, and no others are read", (_scheme, url, names) => {
    for (const [index, name] of names.entries()) {
      const environment = Object.fromEntries(
        names.slice(index).map((set) => [set, `http://${set}`]),
      );
      const read: string[] = [];
      const proxy = proxyOfEnvironment(url, (wanted) => {
        read.push(wanted);
        return environment[wanted];
      });
      expect(proxy).toEqual({ name, url: `http://${name}` });
      expect(read).toEqual([...names.slice(0, index + 1), "no_proxy", "NO_PROXY"]);
    }
  });

  test("has no proxy without variables, and then does not read no_proxy", () => {
    const read: string[] = [];
    expect(proxyOfEnvironment(ws, (name) => void read.push(name))).toBeUndefined();
    expect(read).toEqual(wsNames);
  });

  test("ignores HTTP_PROXY, which a request to a CGI program can set", () => {
    expect(proxyOf(ws, { HTTP_PROXY: "http://evil.example" })).toBeUndefined();
    expect(proxyOf(wss, { HTTP_PROXY: "http://evil.example" })).toBeUndefined();
  });

  test("wss does not use http_proxy, and ws does not use https_proxy", () => {
    expect(proxyOf(wss, { http_proxy: "http://p" })).toBeUndefined();
    expect(proxyOf(ws, { https_proxy: "http://p", HTTPS_PROXY: "http://p" })).toBeUndefined();
  });

  test("an empty variable counts as not set", () => {
    const all_proxy = "socks5h://p:1080";
    expect(proxyOf(ws, { http_proxy: "", all_proxy })?.name).toBe("all_proxy");
    expect(proxyOf(ws, { http_proxy: " ", ALL_PROXY: all_proxy })?.name).toBe("ALL_PROXY");
    expect(proxyOf(ws, { all_proxy, no_proxy: "", NO_PROXY: "*" })).toBeUndefined();
  });

  test("a value without a scheme is the URL of an HTTP proxy", () => {
    expect(proxyOf(ws, { http_proxy: " p:3128 " })?.url).toBe("http://p:3128");
    expect(proxyOf(ws, { http_proxy: "u:p@p:3128" })?.url).toBe("http://u:p@p:3128");
  });

  test("no_proxy excludes hosts; NO_PROXY counts only without it", () => {
    const http_proxy = "http://p";
    expect(proxyOf(ws, { http_proxy, no_proxy: "a.example" })).toBeUndefined();
    expect(proxyOf(ws, { http_proxy, NO_PROXY: "a.example" })).toBeUndefined();
    expect(proxyOf(ws, { http_proxy, no_proxy: "b", NO_PROXY: "a.example" })).toBeDefined();
  });

  test("passes on the errors of the environment", () => {
    const denied = new Error("denied");
    const read = () => {
      throw denied;
    };
    expect(() => proxyOfEnvironment(ws, read)).toThrow(denied);
  });
});

describe("isExcluded", () => {
  test.each([
    ["www.example.com", "*"],
    ["10.0.0.1", "*"],
    ["::1", "*"],
    ["www.example.com", "a,*"],
    ["example.com", "example.com"],
    ["example.com", "EXAMPLE.com."],
    ["Example.com.", "example.com"],
    ["www.example.com", "example.com"],
    ["www.example.com", ".example.com"],
    ["example.com", ".example.com"],
    ["www.example.com", "*.example.com"],
    ["a.b.c", "x, \t y ,,b.c"],
    ["a.b.c", "x b.c"],
    ["localhost", "localhost,127.0.0.1,::1"],
    ["127.0.0.1", "localhost,127.0.0.1,::1"],
    ["::1", "localhost,127.0.0.1,::1"],
    ["::1", "[::1]"],
    ["::1", "0:0:0:0:0:0:0:1"],
    ["10.1.2.3", "10.0.0.0/8"],
    ["10.1.2.3", "10.1.2.3/32"],
    ["10.1.2.3", "0.0.0.0/0"],
    ["fd12::1", "fd00::/8"],
    ["2001:db8:8000::1", "2001:db8:8000::/33"],
  ])("%s is excluded by %j", (hostname, list) => {
    expect(isExcluded({ hostname, port: 80 }, list)).toBe(true);
  });

  test.each([
    ["nonexample.com", "example.com"],
    ["nonexample.com", ".example.com"],
    ["com", "example.com"],
    ["example.com", ""],
    ["example.com", ".,..,*.,/"],
    ["example.com.evil.example", "example.com"],
    ["10.1.2.3", "0.1.2.3"],
    ["10.1.2.3", ".3"],
    ["10.1.2.3", "10.1.2"],
    ["10.1.2.3", "11.0.0.0/8"],
    ["10.1.2.3", "10.0.0.0/33"],
    ["10.1.2.3", "10.0.0.0/x"],
    ["10.1.2.3", "10.0.0.0/"],
    ["10.1.2.3", "10.0.0.0/8/8"],
    ["10.example.com", "10.0.0.0/8"],
    ["10.1.2.3", "::/0"],
    ["::1", "0.0.0.0/0"],
    ["2001:db8::1", "2001:db8:8000::/33"],
    ["fe00::1", "fd00::/8"],
    ["::1", "[::1"],
    ["::1", "::1]"],
  ])("%s is not excluded by %j", (hostname, list) => {
    expect(isExcluded({ hostname, port: 80 }, list)).toBe(false);
  });

  test.each([
    ["example.com", "example.com:8080"],
    ["www.example.com", ".example.com:8080"],
    ["10.1.2.3", "10.0.0.0/8:8080"],
    ["10.1.2.3", "10.1.2.3:8080"],
    ["::1", "[::1]:8080"],
    ["example.com", "*:8080"],
  ])("%s is excluded by %j on that port alone", (hostname, list) => {
    expect(isExcluded({ hostname, port: 8080 }, list)).toBe(true);
    expect(isExcluded({ hostname, port: 808 }, list)).toBe(false);
  });

  test("takes linear time for long lists", () => {
    const list = `${" ,".repeat(100_000)}${"[".repeat(100_000)}${":".repeat(100_000)}a`;
    expect(isExcluded({ hostname: "b", port: 80 }, list)).toBe(false);
  });
});

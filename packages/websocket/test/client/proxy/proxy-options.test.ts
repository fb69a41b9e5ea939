import { inspect } from "node:util";
import { connectWith, type OpenTransport, webSocketClass } from "@framewright/websocket/transport";
import { describe, expect, test } from "vitest";
import { checkClientTls } from "../../../src/client/client-tls.ts";
import { checkProxy } from "../../../src/client/proxy/proxy-options.ts";

const never: OpenTransport = () => Promise.reject(new Error("must not be called"));
const pair = { cert: "C", key: "K" };

describe("checkProxy", () => {
  test.each([undefined, false])("%j is no proxy", (option) => {
    expect(checkProxy(option, "", undefined)).toBeUndefined();
  });

  test("takes a URL, the environment, or an object", () => {
    const url = { protocol: "http", hostname: "p", port: 80, username: "", password: "" };
    const defaults = { headers: "", tls: checkClientTls() };
    expect(checkProxy("http://p", "", true)).toEqual({ url, ...defaults });
    expect(checkProxy("env", "/run/x.sock", true)).toEqual({ url: "env", ...defaults });
    expect(checkProxy({ url: "env" }, "", false)).toEqual({ url: "env", ...defaults });
    const headers = { "User-Agent": "x", "Proxy-Authorization": ["Bearer t"] };
    expect(checkProxy({ url: "http://p", headers, tls: { ...pair } }, "", false)).toEqual({
      url,
      headers: "User-Agent: x\r\nProxy-Authorization: Bearer t\r\n",
      tls: checkClientTls(pair),
    });
  });

  const http = "http://p";
  test.each<[unknown, string, unknown, string, string]>([
    [true, "", false, "PROXY", 'must be a URL, "env", an object or false, got boolean'],
    [5, "", false, "PROXY", 'must be a URL, "env", an object or false, got number'],
    [null, "", false, "PROXY", 'must be a URL, "env", an object or false, got object'],
    [[], "", false, "PROXY", "needs a string as its url, got undefined"],
    [{}, "", false, "PROXY", "needs a string as its url, got undefined"],
    [{ url: ["http://u:secret@p"] }, "", false, "PROXY", "needs a string as its url, got object"],
    ["", "", false, "PROXY", "has an invalid URL: it must start with http://"],
    ["http://u:secret@a b", "", false, "PROXY", "has an invalid URL: it cannot be parsed"],
    [{ url: "u:secret@p" }, "", false, "PROXY", "has an invalid URL: it must start with http://"],
    [{ url: http, header: 1 }, "", false, "OPTION", 'has no "header", only url, headers and tls'],
    [
      { url: http, headers: { Host: "a" } },
      "",
      false,
      "OPTION",
      "option proxy.headers: header Host is set by the",
    ],
    [
      { url: http, headers: { a: "secret\r\n" } },
      "",
      false,
      "OPTION",
      "invalid value for header a",
    ],
    [{ url: "socks5://p", headers: {} }, "", false, "PROXY", "has headers, which SOCKS proxies"],
    [{ url: http, tls: { ca: 5 } }, "", false, "OPTION", "option proxy.tls.ca must be the text"],
    [{ url: http, tls: null }, "", false, "OPTION", "option proxy.tls must be an object, got null"],
    [http, "/run/x.sock", false, "PROXY", "cannot be used with Unix sockets"],
    [http, "", { request() {} }, "PROXY", "cannot be used with a session as option http2"],
    ["env", "", { request() {} }, "PROXY", "cannot be used with a session as option http2"],
  ])("refuses %j with %j, http2 %j", (option, socketPath, http2, code, message) => {
    let error: unknown;
    try {
      checkProxy(option, socketPath, http2);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ name: "TypeError", code: `WS_ERR_INVALID_${code}` });
    expect(String(error)).toContain(message);
    expect(inspect(error)).not.toContain("secret");
  });
});

test("connect and the class WebSocket refuse an invalid proxy before they open a connection", async () => {
  const error = { name: "TypeError", code: "WS_ERR_INVALID_PROXY" };
  const options = { proxy: "http//proxy.example" };
  await expect(connectWith("ws://a/", options, never)).rejects.toMatchObject(error);
  const WebSocket = webSocketClass(never, {});
  expect(() => new WebSocket("ws://a/", options)).toThrow(expect.objectContaining(error));
});

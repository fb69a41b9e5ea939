import { parseWebSocketUrl } from "@framewright/codec/handshake";
import { expect, test } from "vitest";
import { checkProxy, type ProxySettings } from "../../../src/client/proxy/proxy-options.ts";
import { proxyRoute } from "../../../src/client/proxy/proxy-route.ts";

// proxy-opener.test.ts has the environment.

test("the proxy of the option is for every URL, with its headers and TLS", () => {
  const option = { url: "http://p", headers: { a: "b" }, tls: { minVersion: "TLSv1.3" } };
  const settings = checkProxy(option, "", false) as ProxySettings;
  for (const url of ["ws://a/", "wss://b/"]) {
    expect(proxyRoute(settings, parseWebSocketUrl(url))).toEqual(settings);
  }
});

test("the environment has no proxy for a Unix socket", () => {
  const settings = checkProxy("env", "", false) as ProxySettings;
  expect(proxyRoute(settings, parseWebSocketUrl("ws+unix:/a.sock"))).toBeUndefined();
});

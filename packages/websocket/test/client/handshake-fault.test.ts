import { HandshakeError } from "@framewright/codec";
import { parseWebSocketUrl } from "@framewright/codec/handshake";
import { expect, test } from "vitest";
import { addressOf, formatUrl, locate } from "../../src/client/handshake-fault.ts";

test("URLs in errors have no user information", () => {
  const urls = [
    ["ws://u:p@a.example:80/x?y", "a.example port 80", "ws://a.example/x?y"],
    ["wss://[::1]:81", "::1 port 81", "wss://[::1]:81/"],
    ["ws+unix:/run/app:/x", "/run/app", "ws+unix:/run/app:/x"],
    ["ws+unix:@app:/x", "@app", "ws+unix:@app:/x"],
  ];
  for (const [url, address, shown] of urls) {
    const parsed = parseWebSocketUrl(url);
    expect([addressOf(parsed), formatUrl(parsed)]).toEqual([address, shown]);
  }
});

test("the place that is known first stays", () => {
  const url = parseWebSocketUrl("ws://a.example/");
  const error = new HandshakeError("WS_ERR_CONNECT_FAILED", 0, "x", { step: "lookup" });
  locate(error, "connect", url);
  locate(error, "tls", parseWebSocketUrl("ws://b.example/"));
  expect(error).toMatchObject({ step: "lookup", url: "ws://a.example/" });
});

import { parseWebSocketUrl } from "@framewright/codec/handshake";
import { expect, test } from "vitest";
import { allConnectParts } from "../../src/client/all-connect-parts.ts";
import { usualOptions } from "../../src/client/connect.ts";
import type { ConnectOptions } from "../../src/client/connect-options.ts";
import { loadConnectParts } from "../../src/client/connect-parts.ts";
import { checkHandshakeLimits } from "../../src/client/handshake-limits.ts";
import { checkSpecialOptions } from "../../src/client/special-options.ts";

const namesFor = async (options: ConnectOptions) =>
  Object.keys((await loadConnectParts(options)) ?? {}).sort();

test("the usual options need nothing", () => {
  const usual: ConnectOptions = {
    subprotocols: ["chat"],
    headers: { "x-token": "secret" },
    handshakeTimeout: { total: 1_000, connect: 500 },
    compression: false,
    proxy: false,
    http2: false,
    message: () => {},
  };
  for (const options of [{}, usual]) expect(loadConnectParts(options)).toBeUndefined();
});

test.each<[ConnectOptions, string[]]>([
  [{ tls: {} }, ["special"]],
  [{ http2: true }, ["special"]],
  [{ proxy: "env" }, ["special"]],
  [{ lookup: async () => "127.0.0.1" }, ["special"]],
  [{ family: 0 }, ["special"]],
  [{ localAddress: "127.0.0.1" }, ["special"]],
  [{ redirects: 0 }, ["special"]],
  [{ handshakeTimeout: { lookup: 10 } }, ["special"]],
  [{ compression: true, messageRate: { perSecond: 1 } }, ["compression", "messageRate"]],
  [{ messageStream: () => {} }, ["messageStream"]],
])("an option that needs a part: case %#", async (options, names) => {
  expect(await namesFor(options)).toEqual(names);
});

test("an invalid value needs the part that reports it", async () => {
  for (const value of [null, 0, ""]) {
    expect(await namesFor({ http2: value, proxy: value, tls: value } as never)).toEqual([
      "special",
    ]);
  }
  expect(await namesFor({ tls: false } as never)).toEqual(["special"]);
});

test("what the usual options stand for is what validation makes of none", () => {
  const url = parseWebSocketUrl("ws://example.com/");
  expect(checkSpecialOptions(url, {}, checkHandshakeLimits(undefined), {})).toEqual(usualOptions);
});

test("all parts are what can be loaded", async () => {
  const every = { compression: true, messageRate: null, messageStream: null, tls: {} } as never;
  expect(await loadConnectParts(every)).toEqual(allConnectParts);
});

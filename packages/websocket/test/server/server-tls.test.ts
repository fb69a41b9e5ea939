import { serveWith } from "@framewright/websocket/transport";
import { describe, expect, test } from "vitest";
import {
  checkNewTls,
  checkServerTls,
  findServerName,
  type ServerTls,
} from "../../src/server/server-tls.ts";
import { memoryServer } from "../memory-server.ts";

const pair = { cert: "C", key: "K" };
const check = (tls: object) => checkServerTls(tls as ServerTls);

describe("checkServerTls", () => {
  test("has defaults", () => {
    expect(check(pair)).toEqual({
      ...pair,
      serverNames: undefined,
      requestCert: false,
      ca: undefined,
      minVersion: "TLSv1.2",
      alpn: ["http/1.1"],
    });
  });

  test("copies everything, and names in lower case", () => {
    const a = { ...pair, passphrase: "p" };
    const tls = {
      ...a,
      serverNames: { "A.Example": a, "*.a.example": pair },
      requestCert: "optional",
      ca: "A",
      minVersion: "TLSv1.3",
      alpn: ["x"],
    };
    const serverNames = new Map([
      ["a.example", a],
      ["*.a.example", pair],
    ]);
    expect(check(tls)).toEqual({ ...tls, serverNames });
  });

  const pem = (name: string) => `option ${name}.cert and ${name}.key must be the text of PEM files`;
  const name = (got: string) => `option tls.serverNames must be by host names in ASCII, got ${got}`;
  const alpn = (got: string) => `option tls.alpn must be a list of protocol names, got "${got}"`;
  const cases: [unknown, string][] = [
    [null, "option tls must be an object, got null"],
    ["PEM", 'option tls must be an object, got "PEM"'],
    [[pair], "option tls must be an object, got [object Object]"],
    [{}, pem("tls")],
    [{ cert: "C" }, pem("tls")],
    [{ cert: "C", key: Buffer.from("secret") }, pem("tls")],
    [{ ...pair, passphrase: 12345 }, "option tls.passphrase must be a string"],
    [
      { ...pair, pfx: "P" },
      'option tls has no "pfx", only cert, key, passphrase, serverNames, requestCert, ca, minVersion and alpn',
    ],
    [{ ...pair, ca: ["A"], requestCert: true }, "option tls.ca must be the text of a PEM file"],
    [{ ...pair, ca: "A" }, "options tls.requestCert and tls.ca need each other"],
    [{ ...pair, requestCert: true }, "options tls.requestCert and tls.ca need each other"],
    [
      { ...pair, requestCert: "yes" },
      'option tls.requestCert must be a boolean or "optional", got "yes"',
    ],
    [
      { ...pair, minVersion: "TLSv1.1" },
      'option tls.minVersion must be "TLSv1.2" or "TLSv1.3", got "TLSv1.1"',
    ],
    [{ ...pair, alpn: "http/1.1" }, alpn('\\"http/1.1\\"')],
    [{ ...pair, alpn: [""] }, alpn('[\\"\\"]')],
    [{ ...pair, alpn: ["é"] }, alpn('[\\"é\\"]')],
    [{ ...pair, alpn: [5] }, alpn("[5]")],
    [{ ...pair, alpn: ["x".repeat(256)] }, alpn(`[\\"${"x".repeat(256)}\\"]`)],
    [
      { ...pair, serverNames: [pair] },
      "option tls.serverNames must be an object, got [object Object]",
    ],
    [
      { ...pair, serverNames: { a: null } },
      'option tls.serverNames["a"] must be an object, got null',
    ],
    [{ ...pair, serverNames: { a: {} } }, pem('tls.serverNames["a"]')],
    [
      { ...pair, serverNames: { a: { ...pair, ca: "A" } } },
      'option tls.serverNames["a"] has no "ca", only cert, key and passphrase',
    ],
    ...[
      "",
      "*",
      "*.",
      "*.example",
      "a..b",
      ".a",
      "a.",
      "1.2.3.4",
      "::1",
      "é.example",
      "a b",
      "*.*.a",
    ].map(
      (bad) =>
        [{ ...pair, serverNames: { [bad]: pair } }, name(JSON.stringify(bad))] as [unknown, string],
    ),
  ];
  test.each(cases)("refuses %j", (tls, message) => {
    const error = {
      name: "TypeError",
      code: "WS_ERR_INVALID_OPTION",
      message: `${message} (WS_ERR_INVALID_OPTION)`,
    };
    expect(() => check(tls as object)).toThrow(expect.objectContaining(error));
  });

  test("the error is thrown by serve, before it listens", async () => {
    const tls = { ...pair, requestCert: true };
    const never = () => Promise.reject(new Error("must not be called"));
    await expect(serveWith({ tls }, never)).rejects.toThrow("need each other");
  });
});

test.each([
  ["a.example", "exact"],
  ["A.EXAMPLE", "exact"],
  ["b.example", undefined],
  ["x.b.example", "wildcard"],
  ["X.B.Example", "wildcard"],
  ["y.x.b.example", undefined],
  [".b.example", undefined],
  ["*.b.example", "wildcard"],
  ["example", undefined],
  ["", undefined],
])("the server name %j finds %j", (name, expected) => {
  const names = new Map([
    ["a.example", "exact"],
    ["*.b.example", "wildcard"],
  ]);
  expect(findServerName(names, name)).toBe(expected);
});

test("checkNewTls refuses what a runtime cannot change", () => {
  const current = check({ ...pair, requestCert: true, ca: "A" });
  const next = { cert: "D", key: "L", requestCert: true, ca: "B", minVersion: "TLSv1.3" } as const;
  expect(checkNewTls(next, current)).toMatchObject(next);
  expect(() => checkNewTls({ ...next, requestCert: "optional" }, current)).toThrow(
    "option tls.requestCert must stay true",
  );
  expect(() => checkNewTls({ ...next, alpn: ["x"] }, current)).toThrow(
    'option tls.alpn must stay ["http/1.1"]',
  );
});

test("setTls is unsupported by a transport without it", async () => {
  const { server } = await memoryServer({ tls: pair });
  expect(() => server.setTls(pair)).toThrow(
    expect.objectContaining({ name: "UnsupportedError", code: "WS_ERR_UNSUPPORTED" }),
  );
  expect(() => server.setTls({ cert: "C" } as ServerTls)).toThrow(TypeError);
  await server.close();
});

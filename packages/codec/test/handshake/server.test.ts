import { describe, expect, test } from "vitest";
import type { Extension } from "../../src/handshake/extension-list.ts";
import {
  checkUpgradeRequest,
  chooseSubprotocol,
  encodeUpgradeResponse,
  isUpgradeRequest,
  offeredExtensions,
} from "../../src/handshake/server.ts";
import { clientHandshake, faultOf, headText, readHead, readRequest } from "./heads.ts";

const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const invalidOption = (name: string) =>
  expect.objectContaining({ name, code: "WS_ERR_INVALID_OPTION" });

describe("checkUpgradeRequest", () => {
  const check = (changes: Record<string, string> = {}) =>
    faultOf(checkUpgradeRequest(readRequest(...clientHandshake(changes))));

  test("accepts the handshake of section 1.2", () => {
    expect(check()).toBe("none");
  });

  test.each([
    { upgrade: "UPGRADE: WebSocket" },
    { upgrade: "Upgrade: h2c, websocket" },
    { upgrade: "Upgrade: h2c\r\nUpgrade: ,WEBSOCKET ," },
    // RFC 9110 section 7.8: a protocol may have a version, which is not part of a token.
    { upgrade: "Upgrade: HTTP/2.0, websocket" },
    { connection: "connection: keep-alive, Upgrade" },
    { connection: "Connection: UPGRADE,keep-alive" },
    { connection: "Connection: keep-alive\r\nConnection: upgrade" },
    { key: "sec-websocket-KEY: \t dGhlIHNhbXBsZSBub25jZQ== \t" },
    { origin: "" },
    { protocol: "" },
    { protocol: "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: superchat" },
    { protocol: "Sec-WebSocket-Protocol: chat, Chat" },
    { more: "Content-Length: 0" },
    { more: "Content-Length: 00" },
    { more: 'Sec-WebSocket-Extensions: permessage-deflate ; x = "1", y' },
    { more: "Sec-WebSocket-Extensions: __proto__; constructor\r\nSec-WebSocket-Extensions: ," },
    { more: "__proto__: x\r\nconstructor: y" },
  ])("accepts %o", (changes) => {
    expect(check(changes)).toBe("none");
  });

  test.each([
    ["405 WS_ERR_INVALID_METHOD", { start: "POST /chat HTTP/1.1" }],
    ["405 WS_ERR_INVALID_METHOD", { start: "get /chat HTTP/1.1" }],
    ["405 WS_ERR_INVALID_METHOD", { start: "HEAD /chat HTTP/1.1" }],
    ["426 WS_ERR_INVALID_UPGRADE", { upgrade: "" }],
    ["426 WS_ERR_INVALID_UPGRADE", { upgrade: "Upgrade: " }],
    ["426 WS_ERR_INVALID_UPGRADE", { upgrade: "Upgrade: h2c" }],
    ["426 WS_ERR_INVALID_UPGRADE", { upgrade: "Upgrade: websockets" }],
    ["426 WS_ERR_INVALID_UPGRADE", { upgrade: "Upgrade: web socket" }],
    ["426 WS_ERR_INVALID_UPGRADE", { upgrade: "Upgrade: websocket/13" }],
    ["400 WS_ERR_INVALID_UPGRADE", { connection: "" }],
    ["400 WS_ERR_INVALID_UPGRADE", { connection: "Connection: keep-alive" }],
    ["400 WS_ERR_INVALID_UPGRADE", { connection: "Connection: Upgrades" }],
    ["426 WS_ERR_INVALID_VERSION", { version: "" }],
    ["426 WS_ERR_INVALID_VERSION", { version: "Sec-WebSocket-Version: 8" }],
    ["426 WS_ERR_INVALID_VERSION", { version: "Sec-WebSocket-Version: 013" }],
    ["426 WS_ERR_INVALID_VERSION", { version: "Sec-WebSocket-Version: 13, 8" }],
    ["426 WS_ERR_INVALID_VERSION", { version: "Sec-WebSocket-Version: 8", key: "" }],
    // Section 11.3.5: at most once in a request.
    [
      "400 WS_ERR_INVALID_HTTP",
      { version: "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Version: 13" },
    ],
    ["400 WS_ERR_INVALID_KEY", { key: "" }],
    ["400 WS_ERR_INVALID_KEY", { key: "Sec-WebSocket-Key:" }],
    ["400 WS_ERR_INVALID_KEY", { key: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ" }],
    ["400 WS_ERR_INVALID_KEY", { key: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZTE=" }],
    ["400 WS_ERR_INVALID_HTTP", { more: "Content-Length: 5" }],
    ["400 WS_ERR_INVALID_HTTP", { more: "Content-Length: -0" }],
    ["400 WS_ERR_INVALID_HTTP", { more: "Content-Length:" }],
    ["400 WS_ERR_INVALID_EXTENSION", { more: "Sec-WebSocket-Extensions:" }],
    ["400 WS_ERR_INVALID_EXTENSION", { more: "Sec-WebSocket-Extensions: a;" }],
    ["400 WS_ERR_INVALID_EXTENSION", { more: 'Sec-WebSocket-Extensions: a; b="c d"' }],
    [
      "400 WS_ERR_INVALID_EXTENSION",
      { more: "Sec-WebSocket-Extensions: a\r\nSec-WebSocket-Extensions: b c" },
    ],
    ["400 WS_ERR_INVALID_SUBPROTOCOL", { protocol: "Sec-WebSocket-Protocol:" }],
    ["400 WS_ERR_INVALID_SUBPROTOCOL", { protocol: "Sec-WebSocket-Protocol: , ," }],
    ["400 WS_ERR_INVALID_HTTP", { more: "Transfer-Encoding: chunked" }],
    ["400 WS_ERR_INVALID_SUBPROTOCOL", { protocol: "Sec-WebSocket-Protocol: a b" }],
    ["400 WS_ERR_INVALID_SUBPROTOCOL", { protocol: "Sec-WebSocket-Protocol: chat, chat" }],
    [
      "400 WS_ERR_INVALID_SUBPROTOCOL",
      { protocol: "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat" },
    ],
  ])("refuses with %s %o", (fault, changes) => {
    expect(check(changes as Record<string, string>)).toBe(fault);
  });

  test("isUpgradeRequest checks only the Upgrade header", () => {
    const asks = (changes: Record<string, string>) =>
      isUpgradeRequest(readRequest(...clientHandshake(changes)));
    expect(asks({ start: "POST / HTTP/1.1", key: "", version: "", connection: "" })).toBe(true);
    expect(asks({ upgrade: "" })).toBe(false);
    expect(asks({ upgrade: "Upgrade: h2c" })).toBe(false);
  });
});

describe("chooseSubprotocol", () => {
  const choose = (line: string, supported: string[]) =>
    chooseSubprotocol(readRequest(...clientHandshake({ protocol: line })), supported);

  test("follows the client's order of preference and is case-sensitive", () => {
    const line = "Sec-WebSocket-Protocol: b, a\r\nSec-WebSocket-Protocol: C";
    expect(choose(line, ["a", "b", "c"])).toBe("b");
    expect(choose(line, ["a"])).toBe("a");
    expect(choose(line, ["C"])).toBe("C");
    expect(choose(line, ["c", "A"])).toBe("");
    expect(choose(line, [])).toBe("");
    expect(choose("", ["a"])).toBe("");
  });

  test("chooses none if the offer is not a list of tokens", () => {
    for (const line of ["a, b c", "a, b@", "a/b"]) {
      expect(choose(`Sec-WebSocket-Protocol: ${line}`, ["a", line])).toBe("");
    }
  });
});

test("offeredExtensions returns all offers in their order, and none if the header is faulty", () => {
  const offers = (extensions: string) =>
    offeredExtensions(readRequest(...clientHandshake({ extensions })));
  expect(offers("")).toEqual([]);
  expect(
    offers("Sec-WebSocket-Extensions: a; x=1, b\r\nSec-WebSocket-Extensions: a").map(
      ({ name, parameters }) => [name, ...parameters],
    ),
  ).toEqual([["a", ["x", "1"]], ["b"], ["a"]]);
  expect(offers("Sec-WebSocket-Extensions: a,,;")).toEqual([]);
});

describe("encodeUpgradeResponse", () => {
  const request = readRequest(...clientHandshake());

  test("writes the response of section 1.2", () => {
    expect(latin1(encodeUpgradeResponse(request, "chat"))).toBe(
      headText(
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
        "Sec-WebSocket-Protocol: chat",
      ),
    );
  });

  test("has the given headers, and no subprotocol header without a subprotocol", () => {
    const { startLine, headers } = readHead(
      ...latin1(encodeUpgradeResponse(request, "", { "Set-Cookie": ["a=1", "b=2"] }))
        .split("\r\n")
        .slice(0, -2),
    );
    expect(startLine).toBe("HTTP/1.1 101 Switching Protocols");
    expect(headers.has("sec-websocket-protocol")).toBe(false);
    expect(headers.getAll("set-cookie")).toEqual(["a=1", "b=2"]);
  });

  test("has the extensions in their order, and no extension header without any", () => {
    const extensions: Extension[] = [
      { name: "permessage-deflate", parameters: [["server_max_window_bits", "10"]] },
      { name: "x-a", parameters: [["b", undefined]] },
    ];
    const answer = latin1(encodeUpgradeResponse(request, "", {}, extensions));
    expect(answer).toContain(
      "\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10, x-a; b\r\n",
    );
    expect(latin1(encodeUpgradeResponse(request, "chat"))).not.toContain("Extensions");
    const bad: Extension[] = [{ name: "a b", parameters: [] }];
    expect(() => encodeUpgradeResponse(request, "", {}, bad)).toThrow(invalidOption("TypeError"));
  });

  test.each(["a\r\nSet-Cookie: b", "a b", "a,b", "\u010d\u010a"])(
    "refuses the subprotocol %j",
    (subprotocol) => {
      expect(() => encodeUpgradeResponse(request, subprotocol)).toThrow(
        expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_ARGUMENT" }),
      );
    },
  );

  test.each([
    { "X-Name": "a\r\nSet-Cookie: b" },
    { "X\r\nSet-Cookie": "b" },
    { "Sec-WebSocket-Accept": "x" },
    { "sec-websocket-extensions": "x" },
    { "SEC-WEBSOCKET-PROTOCOL": "x" },
    { Upgrade: "x" },
    { Connection: "close" },
    { "Content-Length": "5" },
    { "Transfer-Encoding": "chunked" },
  ])("refuses the headers %j", (headers) => {
    expect(() => encodeUpgradeResponse(request, "", headers as Record<string, string>)).toThrow(
      invalidOption("TypeError"),
    );
  });
});

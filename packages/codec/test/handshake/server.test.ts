import { describe, expect, test } from "vitest";
import { HandshakeError } from "../../src/errors.ts";
import type { Extension } from "../../src/handshake/extension-list.ts";
import {
  checkUpgradeRequest,
  chooseSubprotocol,
  encodeHandshakeFault,
  encodeHttpResponse,
  encodeUpgradeResponse,
  isUpgradeRequest,
  parseRequest,
} from "../../src/handshake/server.ts";
import { ascii, hex } from "../bytes.ts";
import { clientHandshake, faultOf, headText, readHead, readRequest } from "./heads.ts";

const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const invalidOption = (name: string) =>
  expect.objectContaining({ name, code: "WS_ERR_INVALID_OPTION" });

describe("parseRequest", () => {
  test("returns the method, the target and the headers", () => {
    const request = readRequest("GET /chat?room=1&x=%20 HTTP/1.1", "Host: a", "X: y");
    expect([request.method, request.target]).toEqual(["GET", "/chat?room=1&x=%20"]);
    expect(request.headers.get("x")).toBe("y");
  });

  test.each([
    ["GET http://example.com/chat?x HTTP/1.1", "/chat?x"],
    ["GET ws://example.com:81/ HTTP/1.1", "/"],
    ["GET WSS://example.com HTTP/1.1", "/"],
    ["GET https://example.com?x=/y HTTP/1.1", "/?x=/y"],
    ["GET //double HTTP/1.1", "//double"],
    ["GET /http://example.com/ HTTP/1.1", "/http://example.com/"],
    ["PURGE / HTTP/1.9", "/"],
  ])("reads the target of %j as %j", (line, target) => {
    expect(readRequest(line, "Host: a").target).toBe(target);
  });

  test.each([
    "GET / HTTP/11.1",
    "GET / http/1.1",
    "GET / HTTP/1.1 ",
    "GET  / HTTP/1.1",
    " GET / HTTP/1.1",
    "GET /a b HTTP/1.1",
    "GET\t/ HTTP/1.1",
    "GET /",
    "GET",
    "G(T / HTTP/1.1",
    "GET * HTTP/1.1",
    "GET chat HTTP/1.1",
    "GET example.com:80 HTTP/1.1",
    "GET /#top HTTP/1.1",
    "GET http:///x HTTP/1.1",
    "GET ftp://example.com/ HTTP/1.1",
    "HTTP/1.1 200 OK",
    "GET /caf\u00e9 HTTP/1.1",
    "GET /\u00a0 HTTP/1.1",
    "GET / HTTP/1.1 HTTP/1.1",
  ])("refuses %j with 400", (line) => {
    expect(faultOf(parseRequest(readHead(line, "Host: a")))).toBe("400 WS_ERR_INVALID_HTTP");
  });

  test.each(["GET / HTTP/1.0", "GET / HTTP/0.9", "GET / HTTP/2.0", "GET / HTTP/3.1"])(
    "refuses %j with 505",
    (line) => {
      expect(faultOf(parseRequest(readHead(line, "Host: a")))).toBe("505 WS_ERR_INVALID_HTTP");
    },
  );

  test("refuses OPTIONS for the whole server with 405", () => {
    const head = readHead("OPTIONS * HTTP/1.1", "Host: a");
    expect(faultOf(parseRequest(head))).toBe("405 WS_ERR_INVALID_METHOD");
  });

  test("refuses a request without a Host header with 400", () => {
    expect(faultOf(parseRequest(readHead("GET / HTTP/1.1")))).toBe("400 WS_ERR_INVALID_HTTP");
  });

  test.each([
    "a",
    "a:",
    "example.com:8080",
    "127.0.0.1:1",
    "[::1]:80",
    "[::ffff:1.2.3.4]",
    "a_b%20c",
  ])("accepts the Host %j", (host) => {
    expect(readRequest("GET / HTTP/1.1", `Host: ${host}`).headers.get("host")).toBe(host);
  });

  test.each([
    "",
    ":80",
    "a b",
    "a/b",
    "a@b",
    "a:b",
    "a:1:2",
    "[::1",
    "::1",
    "a%2",
    "caf\u00e9",
    "a?b",
  ])("refuses the Host %j", (host) => {
    const head = readHead("GET / HTTP/1.1", `Host: ${host}`);
    expect(faultOf(parseRequest(head))).toBe("400 WS_ERR_INVALID_HTTP");
  });
});

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

describe("encodeHttpResponse", () => {
  test("has Content-Length in bytes, Content-Type for text, and Connection: close", () => {
    expect(latin1(encodeHttpResponse({ status: 404, body: "caf\u00e9\n" }, "GET"))).toBe(
      `${headText(
        "HTTP/1.1 404 Not Found",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Length: 6",
        "Connection: close",
      )}caf\u00c3\u00a9\n`,
    );
  });

  test("sends bytes unchanged, with the given Content-Type", () => {
    const response = { status: 200, headers: { "Content-Type": "x/y" }, body: ascii("\0\xff") };
    expect(latin1(encodeHttpResponse(response, "POST"))).toBe(
      `${headText("HTTP/1.1 200 OK", "Content-Type: x/y", "Content-Length: 2", "Connection: close")}\0\xff`,
    );
    const html = { status: 200, headers: { "content-type": "text/html" }, body: "<p>" };
    expect(latin1(encodeHttpResponse(html, "GET"))).not.toContain("text/plain");
  });

  test("has the body's length but no body for HEAD", () => {
    const text = latin1(encodeHttpResponse({ status: 200, body: "12345" }, "HEAD"));
    expect(text).toContain("\r\nContent-Length: 5\r\n");
    expect(text.endsWith("\r\n\r\n")).toBe(true);
  });

  test("has Content-Length: 0 without a body", () => {
    const text = latin1(encodeHttpResponse({ status: 403 }, "GET"));
    expect(text).toContain("\r\nContent-Length: 0\r\n");
    expect(text.endsWith("\r\n\r\n")).toBe(true);
  });

  test.each([204, 304])("has neither body nor length for %i", (status) => {
    const text = latin1(encodeHttpResponse({ status, body: ascii("12345") }, "GET"));
    expect(text).not.toContain("Content-Length");
    expect(text.endsWith("Connection: close\r\n\r\n")).toBe(true);
  });

  test("has a status line for a status without a phrase", () => {
    expect(latin1(encodeHttpResponse({ status: 418 }, "GET"))).toMatch(/^HTTP\/1\.1 418 \r\n/);
  });

  test.each([199, 600, 101, 0, -200, 200.5, Number.NaN, "200" as unknown as number])(
    "refuses the status %s",
    (status) => {
      expect(() => encodeHttpResponse({ status }, "GET")).toThrow(invalidOption("RangeError"));
    },
  );

  test.each([
    { Location: "/a\r\nSet-Cookie: b" },
    { "A: b\r\nC": "d" },
    { "content-length": "1" },
    { Connection: "keep-alive" },
    { "Transfer-Encoding": "chunked" },
  ])("refuses the headers %j", (headers) => {
    const response = { status: 302, headers: headers as Record<string, string> };
    expect(() => encodeHttpResponse(response, "GET")).toThrow(invalidOption("TypeError"));
  });

  test("does not modify the given body", () => {
    const body = ascii("12345");
    encodeHttpResponse({ status: 200, body }, "GET").fill(0);
    expect(hex(body)).toBe(hex(ascii("12345")));
  });
});

describe("encodeHandshakeFault", () => {
  const encode = (status: number, method = "GET") =>
    latin1(encodeHandshakeFault(new HandshakeError("WS_ERR_INVALID_HTTP", status, "why"), method));

  test("has the status in the status line and the reason as text", () => {
    expect(encode(400)).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(encode(400)).toMatch(/\r\nConnection: close\r\n\r\nwhy\n$/);
    expect(encode(431)).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(encode(400, "HEAD")).toMatch(/\r\n\r\n$/);
    expect(encode(400, "")).toMatch(/why\n$/);
  });

  test("426 has the version (section 4.4) and the protocol (RFC 9110 section 15.5.22)", () => {
    expect(encode(426)).toContain("\r\nSec-WebSocket-Version: 13\r\n");
    expect(encode(426)).toContain("\r\nUpgrade: websocket\r\n");
    expect(encode(400)).not.toContain("Sec-WebSocket-Version");
  });

  test("405 has the allowed method (RFC 9110 section 15.5.6)", () => {
    expect(encode(405)).toContain("\r\nAllow: GET\r\n");
    expect(encode(400)).not.toContain("Allow");
  });
});

test("a response without a body has no Content-Type", () => {
  for (const response of [{ status: 204 }, { status: 304, body: "x" }, { status: 200 }]) {
    expect(String.fromCharCode(...encodeHttpResponse(response, "GET"))).not.toMatch(
      /content-type/i,
    );
  }
});

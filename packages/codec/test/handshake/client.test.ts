import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { HandshakeError } from "../../src/errors.ts";
import {
  checkAgreement,
  checkSubprotocols,
  checkUpgradeResponse,
  encodeKey,
  encodeUpgradeRequest,
  type UpgradeRequest,
} from "../../src/handshake/client.ts";
import { HttpHeadReader } from "../../src/handshake/http-head.ts";
import { HttpHeaders } from "../../src/handshake/http-headers.ts";
import { parseRequest } from "../../src/handshake/http-request.ts";
import {
  checkUpgradeRequest,
  chooseSubprotocol,
  encodeUpgradeResponse,
} from "../../src/handshake/server.ts";
import { parseWebSocketUrl } from "../../src/handshake/url.ts";
import { hex } from "../bytes.ts";
import { faultOf, headText, readHead } from "./heads.ts";

const invalidOption = expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_OPTION" });

function upgradeRequest(changes: Partial<UpgradeRequest> = {}): UpgradeRequest {
  return {
    url: parseWebSocketUrl("ws://server.example.com/chat"),
    key: "dGhlIHNhbXBsZSBub25jZQ==",
    subprotocols: ["chat", "superchat"],
    extensions: [],
    headers: { Origin: "http://example.com" },
    ...changes,
  };
}

const encode = (changes: Partial<UpgradeRequest> = {}) =>
  String.fromCharCode(...encodeUpgradeRequest(upgradeRequest(changes)));

describe("encodeUpgradeRequest", () => {
  test("writes the lines of section 1.2", () => {
    expect(encode()).toBe(
      headText(
        "GET /chat HTTP/1.1",
        "Host: server.example.com",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: chat, superchat",
        "Origin: http://example.com",
      ),
    );
  });

  test("offers no subprotocol if there is none", () => {
    expect(encode({ subprotocols: [] })).not.toContain("Sec-WebSocket-Protocol");
  });

  test("offers extensions in their order, each with its parameters (section 9.1)", () => {
    const extensions = [
      { name: "mux", parameters: [["max-channels", "4"] as const, ["x", undefined] as const] },
      { name: "foo", parameters: [] },
    ];
    expect(encode({ extensions })).toContain(
      "\r\nSec-WebSocket-Extensions: mux; max-channels=4; x, foo\r\n",
    );
    expect(encode()).not.toContain("Sec-WebSocket-Extensions");
  });

  test.each(["a\r\nX-Other: b", "a b", "", "a,b"])("refuses the extension %j", (name) => {
    expect(() => encode({ extensions: [{ name, parameters: [] }] })).toThrow(invalidOption);
    const parameters = [[name, undefined]] as const;
    expect(() => encode({ extensions: [{ name: "x", parameters }] })).toThrow(invalidOption);
    const valued = [["y", name]] as const;
    expect(() => encode({ extensions: [{ name: "x", parameters: valued }] })).toThrow(
      invalidOption,
    );
  });

  test("sends the URL's user information, unless an Authorization header is given", () => {
    const url = parseWebSocketUrl("ws://user:pa%20ss@example.com/");
    expect(encode({ url })).toContain("\r\nAuthorization: Basic dXNlcjpwYSBzcw==\r\n");
    const own = encode({ url, headers: { authorization: "Bearer x" } });
    expect(own.match(/authorization/gi)).toHaveLength(1);
    expect(own).toContain("\r\nauthorization: Bearer x\r\n");
    expect(encode()).not.toContain("Authorization");
  });

  test.each([
    { "X-Name": "a\r\nX-Other: b" },
    { "X\r\nX-Other": "b" },
    { Host: "x" },
    { upgrade: "x" },
    { connection: "x" },
    { "sec-websocket-key": "x" },
    { "Sec-WebSocket-Version": "8" },
    { "Sec-WebSocket-Protocol": "x" },
    { "Sec-WebSocket-Extensions": "x" },
    { "Content-Length": "1" },
    { "Transfer-Encoding": "chunked" },
  ])("refuses the headers %j", (headers) => {
    expect(() => encode({ headers: headers as Record<string, string> })).toThrow(invalidOption);
  });

  test.each([["a,b"], [""], ["a b"], ["a\r\nb"], ["a", "b", "a"]])(
    "refuses the subprotocols %j",
    (...subprotocols) => {
      expect(() => encode({ subprotocols })).toThrow(invalidOption);
      expect(() => checkSubprotocols(subprotocols)).toThrow(invalidOption);
    },
  );

  test.each([
    { target: "/a HTTP/1.1\r\nX-Other: b" },
    { target: "/a b" },
    { target: "/caf\u00e9" },
    { target: "" },
    { host: "example.com\r\nX-Other: b" },
    { host: "exa mple.com" },
    { host: "\u010d\u010a" },
    { authorization: "Basic x\r\nX-Other: b" },
    { authorization: "Basic \u010d\u010a" },
  ])("refuses a URL that was not parsed and contains %j", (part) => {
    const url = { ...parseWebSocketUrl("ws://example.com/"), ...part };
    expect(() => encode({ url })).toThrow(expect.objectContaining({ name: "TypeError" }));
  });

  test.each(["a\r\nX-Other: b", "", "dGhlIHNhbXBsZSBub25jZQ", "\u010d\u010a"])(
    "refuses the key %j",
    (key) => {
      expect(() => encode({ key })).toThrow(
        expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_ARGUMENT" }),
      );
    },
  );

  test("is accepted by a server, for any URL and subprotocols", () => {
    const subprotocol = fc.stringMatching(/^[!#-'*+.^_`|~0-9A-Za-z-]{1,8}$/);
    const list = fc.uniqueArray(subprotocol, { maxLength: 4 });
    const url = fc.webUrl({ withQueryParameters: true });
    fc.assert(
      fc.property(
        url,
        list,
        list,
        fc.uint8Array({ minLength: 16, maxLength: 16 }),
        (web, offered, supported, nonce) => {
          const url = parseWebSocketUrl(web.replace(/^http/, "ws"));
          const sent = upgradeRequest({ url, key: encodeKey(nonce), subprotocols: offered });
          const reader = new HttpHeadReader();
          reader.push(encodeUpgradeRequest(sent));
          const request = reader.head && parseRequest(reader.head);
          if (request === undefined || request instanceof Error) throw request ?? reader.error;
          expect(faultOf(checkUpgradeRequest(request))).toBe("none");
          expect([request.target, request.headers.get("host")]).toEqual([url.target, url.host]);

          const chosen = chooseSubprotocol(request, supported);
          const answer = new HttpHeadReader();
          answer.push(encodeUpgradeResponse(request, chosen));
          expect(answer.head && checkUpgradeResponse(answer.head, sent)).toMatchObject({
            subprotocol: chosen,
            extensions: [],
          });
          expect(
            chosen === "" ? true : offered.includes(chosen) && supported.includes(chosen),
          ).toBe(true);
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

describe("encodeKey", () => {
  test("encodes 16 bytes in base64 (section 4.1)", () => {
    const nonce = new Uint8Array(16).map((_, i) => i + 1);
    expect(encodeKey(nonce)).toBe("AQIDBAUGBwgJCgsMDQ4PEA==");
  });

  test.each([0, 15, 17])("refuses %i bytes", (length) => {
    expect(() => encodeKey(new Uint8Array(length))).toThrow(
      expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_ARGUMENT" }),
    );
  });
});

test("checkSubprotocols accepts distinct tokens, which are case-sensitive", () => {
  expect(checkSubprotocols([])).toBeUndefined();
  expect(checkSubprotocols(["chat", "Chat", "v1.chat"])).toBeUndefined();
  expect(() => checkSubprotocols([1 as unknown as string])).toThrow(invalidOption);
});

describe("checkUpgradeResponse", () => {
  const good = {
    start: "HTTP/1.1 101 Switching Protocols",
    upgrade: "Upgrade: websocket",
    connection: "Connection: Upgrade",
    accept: "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    protocol: "Sec-WebSocket-Protocol: chat",
  };
  function check(changes: Record<string, string> = {}, request = upgradeRequest()) {
    const lines = Object.values({ ...good, ...changes }).flatMap((line) => line.split("\r\n"));
    return checkUpgradeResponse(readHead(...lines.filter((line) => line !== "")), request);
  }

  test("accepts the response of section 1.2", () => {
    const result = check();
    expect(result).toMatchObject({ subprotocol: "chat", extensions: [] });
    expect(result.headers?.get("sec-websocket-protocol")).toBe("chat");
  });

  test.each([
    ["chat", { start: "HTTP/1.1 101 " }],
    ["chat", { start: "HTTP/1.1 101" }],
    ["chat", { start: "HTTP/1.1 101 caf\u00e9 \t x" }],
    ["chat", { upgrade: "UPGRADE: WebSocket" }],
    ["chat", { connection: "connection: x\r\nCONNECTION: keep-alive, UPGRADE" }],
    ["chat", { accept: "sec-websocket-accept: \t s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t" }],
    ["superchat", { protocol: "Sec-WebSocket-Protocol: superchat" }],
    ["", { protocol: "" }],
    ["chat", { more: "Set-Cookie: a\r\nSet-Cookie: b" }],
  ])("returns %j for %o", (subprotocol, changes) => {
    expect(check(changes as Record<string, string>)).toMatchObject({ subprotocol });
  });

  test.each([
    ["0 WS_ERR_INVALID_HTTP", { start: "HTTP/1.0 101 Switching Protocols" }],
    ["0 WS_ERR_INVALID_HTTP", { start: "HTTP/2 101" }],
    ["0 WS_ERR_INVALID_HTTP", { start: "HTTP/1.1 1010 x" }],
    ["0 WS_ERR_INVALID_HTTP", { start: "HTTP/1.1  101 x" }],
    ["0 WS_ERR_INVALID_HTTP", { start: "SSH-2.0-x" }],
    ["200 WS_ERR_UNEXPECTED_RESPONSE", { start: "HTTP/1.1 200 OK" }],
    ["302 WS_ERR_UNEXPECTED_RESPONSE", { start: "HTTP/1.1 302 Found" }],
    ["404 WS_ERR_UNEXPECTED_RESPONSE", { start: "HTTP/1.1 404 Not Found", upgrade: "" }],
    ["100 WS_ERR_UNEXPECTED_RESPONSE", { start: "HTTP/1.1 100 Continue" }],
    ["101 WS_ERR_INVALID_UPGRADE", { upgrade: "" }],
    ["101 WS_ERR_INVALID_UPGRADE", { upgrade: "Upgrade: h2c" }],
    // Section 4.1: the header must not contain any other value than "websocket".
    ["101 WS_ERR_INVALID_UPGRADE", { upgrade: "Upgrade: websocket, h2c" }],
    ["101 WS_ERR_INVALID_UPGRADE", { upgrade: "Upgrade: websocket\r\nUpgrade: h2c" }],
    ["101 WS_ERR_INVALID_UPGRADE", { connection: "" }],
    ["101 WS_ERR_INVALID_UPGRADE", { connection: "Connection: close" }],
    ["101 WS_ERR_INVALID_ACCEPT", { accept: "" }],
    ["101 WS_ERR_INVALID_ACCEPT", { accept: "Sec-WebSocket-Accept: x" }],
    ["101 WS_ERR_INVALID_ACCEPT", { accept: "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=" }],
    ["101 WS_ERR_INVALID_EXTENSION", { more: "Sec-WebSocket-Extensions: permessage-deflate" }],
    ["101 WS_ERR_INVALID_SUBPROTOCOL", { protocol: "Sec-WebSocket-Protocol: other" }],
    ["101 WS_ERR_INVALID_SUBPROTOCOL", { protocol: "Sec-WebSocket-Protocol: Chat" }],
    ["101 WS_ERR_INVALID_SUBPROTOCOL", { protocol: "Sec-WebSocket-Protocol: chat, superchat" }],
    ["101 WS_ERR_INVALID_SUBPROTOCOL", { protocol: "Sec-WebSocket-Protocol: a b" }],
    [
      "101 WS_ERR_INVALID_SUBPROTOCOL",
      { protocol: "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol: chat" },
    ],
    ["101 WS_ERR_INVALID_SUBPROTOCOL", { protocol: "Sec-WebSocket-Protocol:" }],
    [
      "101 WS_ERR_INVALID_SUBPROTOCOL",
      { protocol: "Sec-WebSocket-Protocol: chat\r\nSec-WebSocket-Protocol:" },
    ],
  ])("refuses with %s %o", (fault, changes) => {
    expect(faultOf(check(changes as Record<string, string>))).toBe(fault);
  });

  test("refuses a subprotocol if none was offered", () => {
    const request = upgradeRequest({ subprotocols: [] });
    expect(faultOf(check({}, request))).toBe("101 WS_ERR_INVALID_SUBPROTOCOL");
    expect(check({ protocol: "" }, request)).toMatchObject({ subprotocol: "" });
  });

  describe("extensions (section 9.1)", () => {
    const request = upgradeRequest({
      extensions: [
        { name: "foo", parameters: [] },
        { name: "foo", parameters: [["x", "1"]] },
        { name: "bar", parameters: [] },
      ],
    });

    test("are accepted if they were offered, in the server's order", () => {
      expect(check({ more: 'Sec-WebSocket-Extensions: bar; y="2", foo' }, request)).toMatchObject({
        subprotocol: "chat",
        extensions: [
          { name: "bar", parameters: [["y", "2"]] },
          { name: "foo", parameters: [] },
        ],
      });
      expect(check({}, request)).toMatchObject({ extensions: [] });
    });

    test.each([
      "foo, foo",
      "baz",
      "foo, baz",
      "Foo",
      "__proto__",
      "constructor",
      "",
      ", ,",
      "foo;",
      "foo bar",
      "foo\r\nSec-WebSocket-Extensions: bar",
    ])("are refused if they are %j", (value) => {
      const more = `Sec-WebSocket-Extensions: ${value}`;
      expect(faultOf(check({ more }, request))).toBe("101 WS_ERR_INVALID_EXTENSION");
    });
  });

  test("the error has the headers of a response only if its status is not 101", () => {
    const refusal = check({ start: "HTTP/1.1 503 Busy", more: "Retry-After: 7" });
    expect((refusal as HandshakeError).headers?.get("retry-after")).toBe("7");
    expect((check({ upgrade: "" }) as HandshakeError).headers).toBeUndefined();
  });

  test("refuses the accept value of another key", () => {
    const request = upgradeRequest({ key: "AQIDBAUGBwgJCgsMDQ4PEA==" });
    expect(faultOf(check({}, request))).toBe("101 WS_ERR_INVALID_ACCEPT");
  });
});

test.each([
  null,
  1,
  "chat",
  {},
  new Set(["chat"]),
  Object.create(null),
  [2n],
  [Object.create(null)],
])("subprotocols that are no list of tokens are refused (%#)", (subprotocols) => {
  expect(() => checkSubprotocols(subprotocols as unknown as string[])).toThrow(
    expect.objectContaining({ name: "TypeError", code: "WS_ERR_INVALID_OPTION" }),
  );
});

describe("what need not be given", () => {
  const url = parseWebSocketUrl("ws://example.com/");

  test("a request without subprotocols, extensions and headers", () => {
    const request = { url, key: "dGhlIHNhbXBsZSBub25jZQ==" };
    const plain = { ...request, subprotocols: [], extensions: [], headers: {} };
    expect(hex(encodeUpgradeRequest(request))).toBe(hex(encodeUpgradeRequest(plain)));
  });

  test("a server must choose nothing of what was not offered", () => {
    for (const [name, value, code] of [
      ["sec-websocket-protocol", "chat", "WS_ERR_INVALID_SUBPROTOCOL"],
      ["sec-websocket-extensions", "mux", "WS_ERR_INVALID_EXTENSION"],
    ]) {
      const headers = new HttpHeaders();
      headers.append(name, value);
      expect(checkAgreement(headers, {}, 101)).toMatchObject({ code });
    }
  });
});

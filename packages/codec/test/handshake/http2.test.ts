import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { HttpRequest } from "../../src/handshake/http-request.ts";
import {
  checkConnectRequest,
  connectResponse,
  type HeaderBlock,
  isWebSocketConnect,
  parseConnectRequest,
} from "../../src/handshake/http2.ts";
import { faultOf } from "./heads.ts";

/** The request of RFC 8441 section 5.1, with changes; undefined removes a header. */
function block(changes: Record<string, string | undefined> = {}): [string, string][] {
  const headers: Record<string, string | undefined> = {
    ":method": "CONNECT",
    ":protocol": "websocket",
    ":scheme": "https",
    ":path": "/chat",
    ":authority": "server.example.com",
    "sec-websocket-protocol": "chat, superchat",
    "sec-websocket-extensions": "permessage-deflate",
    "sec-websocket-version": "13",
    origin: "http://www.example.com",
    ...changes,
  };
  return Object.entries(headers).filter((pair): pair is [string, string] => pair[1] !== undefined);
}

function parsed(headers: HeaderBlock): HttpRequest {
  const request = parseConnectRequest(headers);
  if (request instanceof Error) throw request;
  return request;
}

describe("parseConnectRequest", () => {
  test("reads the request of section 5.1", () => {
    const request = parsed(block());
    expect([request.method, request.target]).toEqual(["CONNECT", "/chat"]);
    expect([...request.headers]).toEqual([
      ["sec-websocket-protocol", "chat, superchat"],
      ["sec-websocket-extensions", "permessage-deflate"],
      ["sec-websocket-version", "13"],
      ["origin", "http://www.example.com"],
      ["host", "server.example.com"],
    ]);
    expect(checkConnectRequest(request)).toBeUndefined();
  });

  test.each([
    { ":scheme": "http" },
    { ":path": "/?x=%20" },
    { ":path": "//double" },
    { ":authority": "server.example.com:8080" },
    { ":authority": "[::1]:80" },
    { ":authority": undefined, host: "server.example.com" },
    { host: "server.example.com" },
    { cookie: "a=1" },
    { cookie: "a\t=1" },
    { cookie: "" },
    { te: "trailers" },
  ])("accepts %j", (changes) => {
    const request = parsed(block(changes));
    expect(request.headers.get("host")).toBe(changes[":authority"] ?? "server.example.com");
  });

  test.each<[Record<string, string | undefined>, string]>([
    [{ ":method": "GET" }, "501 WS_ERR_INVALID_METHOD"],
    [{ ":method": "connect" }, "501 WS_ERR_INVALID_METHOD"],
    [{ ":method": undefined }, "501 WS_ERR_INVALID_METHOD"],
    [{ ":protocol": "connect-udp" }, "501 WS_ERR_INVALID_METHOD"],
    [{ ":protocol": "WebSocket" }, "501 WS_ERR_INVALID_METHOD"],
    [{ ":protocol": undefined }, "501 WS_ERR_INVALID_METHOD"],
    [{ ":scheme": undefined }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":scheme": "wss" }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":path": undefined }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":path": "" }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":path": "chat" }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":path": "*" }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":path": "https://a/chat" }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":path": "/a#b" }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":path": "/a b" }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":path": "/caf\u00e9" }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":authority": undefined }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":authority": "" }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":authority": "a@b" }, "400 WS_ERR_INVALID_HTTP"],
    [{ host: "other.example.com" }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":status": "200" }, "400 WS_ERR_INVALID_HTTP"],
    [{ connection: "upgrade" }, "400 WS_ERR_INVALID_HTTP"],
    [{ upgrade: "websocket" }, "400 WS_ERR_INVALID_HTTP"],
    [{ "transfer-encoding": "chunked" }, "400 WS_ERR_INVALID_HTTP"],
    [{ "Sec-WebSocket-Key": "x" }, "400 WS_ERR_INVALID_HTTP"],
    [{ "bad name": "x" }, "400 WS_ERR_INVALID_HTTP"],
    [{ cookie: "a\0" }, "400 WS_ERR_INVALID_HTTP"],
    [{ cookie: "a\r\nb: c" }, "400 WS_ERR_INVALID_HTTP"],
    [{ cookie: " a" }, "400 WS_ERR_INVALID_HTTP"],
    [{ cookie: "a\t" }, "400 WS_ERR_INVALID_HTTP"],
    [{ ":authority": "a\n" }, "400 WS_ERR_INVALID_HTTP"],
    [{ te: "gzip" }, "400 WS_ERR_INVALID_HTTP"],
  ])("refuses %j with %s", (changes, fault) => {
    expect(faultOf(parseConnectRequest(block(changes)))).toBe(fault);
  });

  test("refuses repeated pseudo-headers, those behind headers, and repeated single headers", () => {
    for (const extra of [
      [":path", "/other"],
      [":protocol", "websocket"],
      ["origin", "http://other.example"],
    ] as [string, string][]) {
      expect(faultOf(parseConnectRequest([...block(), extra]))).toBe("400 WS_ERR_INVALID_HTTP");
    }
  });

  test("any header block gives a request or a fault, and never throws", () => {
    const name = fc.constantFrom(...block().map(([name]) => name), "cookie", "", ":", ":x", "A");
    const value = fc.oneof(fc.constantFrom(...block().map(([, value]) => value)), fc.string());
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 12 }), (headers) => {
        const request = parseConnectRequest(headers);
        if (request instanceof Error) expect(request.status).toBeGreaterThanOrEqual(400);
        else checkConnectRequest(request);
      }),
      { numRuns: runs(1_000) },
    );
  });
});

describe("checkConnectRequest", () => {
  test.each([
    [{ "sec-websocket-version": undefined }, "400 WS_ERR_INVALID_VERSION"],
    [{ "sec-websocket-version": "8" }, "400 WS_ERR_INVALID_VERSION"],
    [{ "sec-websocket-version": "13, 13" }, "400 WS_ERR_INVALID_VERSION"],
    [{ "sec-websocket-key": "" }, "400 WS_ERR_INVALID_KEY"],
    [{ "sec-websocket-protocol": "" }, "400 WS_ERR_INVALID_SUBPROTOCOL"],
    [{ "sec-websocket-protocol": "a, a" }, "400 WS_ERR_INVALID_SUBPROTOCOL"],
    [{ "sec-websocket-extensions": ";" }, "400 WS_ERR_INVALID_EXTENSION"],
    [{ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" }, "none"],
    [{ "sec-websocket-protocol": undefined, "sec-websocket-extensions": undefined }, "none"],
  ])("%j: %s", (changes, fault) => {
    expect(faultOf(checkConnectRequest(parsed(block(changes))))).toBe(fault);
  });
});

describe("connectResponse", () => {
  test("has the status, the subprotocol and the extensions", () => {
    const extension = { name: "permessage-deflate", parameters: [] };
    expect(connectResponse(parsed(block()), "chat", {}, [extension])).toEqual({
      ":status": "200",
      "sec-websocket-protocol": "chat",
      "sec-websocket-extensions": "permessage-deflate",
    });
    expect(connectResponse(parsed(block()), "")).toEqual({ ":status": "200" });
  });

  test("answers a key as section 1.3 of RFC 6455 does", () => {
    const request = parsed(block({ "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==" }));
    expect(connectResponse(request, "")).toEqual({
      ":status": "200",
      "sec-websocket-accept": "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
    });
  });

  test("further headers are in lower case and may have several values", () => {
    const headers = { "X-One": "1", "Set-Cookie": ["a=1", "b=2"] };
    expect(connectResponse(parsed(block()), "", headers)).toEqual({
      ":status": "200",
      "x-one": "1",
      "set-cookie": ["a=1", "b=2"],
    });
  });

  test.each([{ "Sec-WebSocket-Protocol": "chat" }, { "a b": "x" }, { a: "x\r\ny" }])(
    "refuses the headers %j",
    (headers) => {
      expect(() => connectResponse(parsed(block()), "", headers)).toThrow(TypeError);
    },
  );

  test("the subprotocol must be a token", () => {
    expect(() => connectResponse(parsed(block()), "a b")).toThrow("the subprotocol is not a token");
  });
});

test.each<[unknown, unknown, boolean]>([
  ["CONNECT", "websocket", true],
  ["CONNECT", undefined, false],
  ["GET", "websocket", false],
])("%j and %j ask for a WebSocket: %j", (method, protocol, expected) => {
  expect(isWebSocketConnect(method, protocol)).toBe(expected);
});

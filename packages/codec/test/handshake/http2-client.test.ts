import { describe, expect, test } from "vitest";
import { HandshakeError } from "../../src/errors.ts";
import { checkConnectRequest, parseConnectRequest } from "../../src/handshake/http2.ts";
import { checkConnectResponse, connectRequest } from "../../src/handshake/http2-client.ts";
import { parseWebSocketUrl } from "../../src/handshake/url.ts";
import { faultOf } from "./heads.ts";

const deflate = { name: "permessage-deflate", parameters: [] };

function request(changes: object = {}) {
  return {
    url: parseWebSocketUrl("wss://server.example.com/chat?x=1"),
    subprotocols: [],
    extensions: [],
    headers: {},
    ...changes,
  };
}

describe("connectRequest", () => {
  test("is the request of section 5.1", () => {
    const changes = {
      subprotocols: ["chat", "superchat"],
      extensions: [deflate],
      headers: { Origin: "http://www.example.com" },
    };
    expect(connectRequest(request(changes))).toEqual({
      ":method": "CONNECT",
      ":protocol": "websocket",
      ":scheme": "https",
      ":path": "/chat?x=1",
      ":authority": "server.example.com",
      "sec-websocket-version": "13",
      "sec-websocket-protocol": "chat, superchat",
      "sec-websocket-extensions": "permessage-deflate",
      origin: "http://www.example.com",
    });
  });

  test("a server accepts it", () => {
    const url = parseWebSocketUrl("ws://[::1]:8080/");
    const parsed = parseConnectRequest(
      Object.entries(connectRequest(request({ url }))) as [string, string][],
    );
    if (parsed instanceof HandshakeError) throw parsed;
    expect(checkConnectRequest(parsed)).toBeUndefined();
    expect(parsed.headers.get("host")).toBe("[::1]:8080");
  });

  test("headers in lower case, several values, and the credentials of the URL", () => {
    const url = parseWebSocketUrl("ws://user:secret@a.example/");
    const headers = { "X-One": "1", "X-Two": ["a", "b"] };
    expect(connectRequest(request({ url, headers }))).toMatchObject({
      "x-one": "1",
      "x-two": ["a", "b"],
      authorization: "Basic dXNlcjpzZWNyZXQ=",
    });
    const own = { Authorization: "Bearer x" };
    expect(connectRequest(request({ url, headers: own })).authorization).toBe("Bearer x");
  });

  test.each([
    { headers: { Host: "x" } },
    { headers: { "a b": "x" } },
    { headers: { a: "x\r\ny" } },
    { subprotocols: ["a b"] },
    { url: { ...request().url, target: "/a b" } },
  ])("refuses %j", (changes) => {
    expect(() => connectRequest(request(changes))).toThrow(TypeError);
  });
});

describe("checkConnectResponse", () => {
  const check = (block: [string, string][], changes: object = {}) =>
    checkConnectResponse(block, request(changes));

  test.each(["200", "201", "299"])("status %s opens the connection", (status) => {
    expect(check([[":status", status]])).toMatchObject({ subprotocol: "", extensions: [] });
  });

  test("returns what the server chose", () => {
    const block: [string, string][] = [
      [":status", "200"],
      ["sec-websocket-protocol", "chat"],
      ["sec-websocket-extensions", "permessage-deflate"],
    ];
    expect(check(block, { subprotocols: ["chat"], extensions: [deflate] })).toMatchObject({
      subprotocol: "chat",
      extensions: [deflate],
    });
  });

  test.each<[[string, string][], string]>([
    [[[":status", "404"]], "404 WS_ERR_UNEXPECTED_RESPONSE"],
    [[[":status", "101"]], "101 WS_ERR_UNEXPECTED_RESPONSE"],
    [[[":status", "2000"]], "0 WS_ERR_UNEXPECTED_RESPONSE"],
    [[], "0 WS_ERR_UNEXPECTED_RESPONSE"],
    [
      [
        [":status", "200"],
        ["sec-websocket-protocol", "x"],
      ],
      "200 WS_ERR_INVALID_SUBPROTOCOL",
    ],
    [
      [
        [":status", "200"],
        ["sec-websocket-extensions", "x"],
      ],
      "200 WS_ERR_INVALID_EXTENSION",
    ],
    [
      [
        [":status", "200"],
        ["origin", "a"],
        ["origin", "b"],
      ],
      "0 WS_ERR_INVALID_HTTP",
    ],
  ])("%j: %s", (block, fault) => {
    expect(faultOf(check(block) as HandshakeError)).toBe(fault);
  });

  test.each<[string, string][]>([
    [
      [":status", "500"],
      [":status", "200"],
    ],
    [
      [":status", "200"],
      [":path", "/"],
    ],
    [
      ["server", "x"],
      [":status", "200"],
    ],
    [
      [":status", "200"],
      ["connection", "upgrade"],
    ],
    [
      [":status", "200"],
      ["Server", "x"],
    ],
    [
      [":status", "200"],
      ["server", "x\r\ny: z"],
    ],
  ])("refuses a malformed response: %j, %j", (...block) => {
    const fault = check(block) as HandshakeError;
    expect(fault.code).toBe("WS_ERR_INVALID_HTTP");
    expect(fault.headers).toBeUndefined();
  });

  test("the fault of a refusal has the headers", () => {
    const fault = check([
      [":status", "503"],
      ["retry-after", "5"],
    ]) as HandshakeError;
    expect(fault.headers?.get("retry-after")).toBe("5");
  });
});

import { describe, expect, test } from "vitest";
import { parseRequest } from "../../src/handshake/http-request.ts";
import { faultOf, readHead, readRequest } from "./heads.ts";

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

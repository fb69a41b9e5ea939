import { describe, expect, test } from "vitest";
import { HandshakeError } from "../../src/errors.ts";
import { encodeHandshakeFault, encodeHttpResponse } from "../../src/handshake/http-response.ts";
import { ascii, hex } from "../bytes.ts";
import { headText } from "./heads.ts";

const latin1 = (bytes: Uint8Array) => String.fromCharCode(...bytes);
const invalidOption = (name: string) =>
  expect.objectContaining({ name, code: "WS_ERR_INVALID_OPTION" });

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
    expect(encode(400)).toMatch(/\r\nConnection: close\r\n\r\nwhy \(WS_ERR_INVALID_HTTP\)\n$/);
    expect(encode(431)).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(encode(400, "HEAD")).toMatch(/\r\n\r\n$/);
    expect(encode(400, "")).toMatch(/why \(WS_ERR_INVALID_HTTP\)\n$/);
  });

  test("426 has the version (section 4.4) and the protocol (RFC 9110 section 15.5.22)", () => {
    expect(encode(426)).toContain("\r\nSec-WebSocket-Version: 13\r\n");
    expect(encode(426)).toContain("\r\nUpgrade: websocket\r\n");
    expect(encode(400)).not.toContain("Sec-WebSocket-Version");
  });

  test("503 has the time to wait (RFC 9110 section 10.2.3)", () => {
    expect(encode(503)).toContain("\r\nRetry-After: 5\r\n");
    expect(encode(400)).not.toContain("Retry-After");
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

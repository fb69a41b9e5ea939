import { encodeLatin1 } from "@framewright/codec/internal";
import { describe, expect, test } from "vitest";
import { HttpConnect } from "../../../src/client/proxy/http-connect.ts";
import { type ProxyUrl, parseProxyUrl } from "../../../src/client/proxy/proxy-url.ts";

const server = { hostname: "a.example", port: 443 };
const dialogue = (url = "http://proxy.example:3128", headers = "", to = server) =>
  new HttpConnect(to, parseProxyUrl(url) as ProxyUrl, headers);
const requestOf = (...args: Parameters<typeof dialogue>) =>
  String.fromCharCode(...(dialogue(...args).output as Uint8Array));

/** Passes an answer in pieces of a length. Returns the dialogue and the bytes after the answer. */
function answer(text: string, length = text.length) {
  const connect = dialogue();
  for (let at = 0; at < text.length; at += length) {
    const after = connect.push(encodeLatin1(text.slice(at, at + length)));
    if (after >= 0) return { connect, error: connect.error, rest: text.slice(at + after) };
  }
  return { connect, error: connect.error, rest: undefined };
}

describe("the request", () => {
  test("names the server with its port", () => {
    expect(requestOf()).toBe("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n");
  });

  test("has IPv6 addresses in brackets", () => {
    expect(requestOf(undefined, "", { hostname: "2001:db8::1", port: 80 })).toBe(
      "CONNECT [2001:db8::1]:80 HTTP/1.1\r\nHost: [2001:db8::1]:80\r\n\r\n",
    );
  });

  // RFC 7617 section 2 has "Aladdin" and "open sesame"; section 2.1 "test" and "123£" in UTF-8.
  test.each([
    ["http://Aladdin:open%20sesame@p", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="],
    ["https://test:123%C2%A3@p", "dGVzdDoxMjPCow=="],
    ["http://u@p", "dTo="],
    ["http://:p@p", "OnA="],
  ])("%s has credentials (RFC 7617)", (url, credentials) => {
    expect(requestOf(url)).toContain(`\r\nProxy-Authorization: Basic ${credentials}\r\n\r\n`);
  });

  test("has the given headers, whose Proxy-Authorization counts", () => {
    const headers = "X: y\r\nproxy-authorization: Bearer t\r\n";
    expect(requestOf("http://u:p@p", headers)).toBe(
      `CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n${headers}\r\n`,
    );
  });
});

describe("the answer", () => {
  const headers = "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n";
  test.each([
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.0 200 Connection established\r\nProxy-agent: tinyproxy/1.11.1\r\n\r\n",
    "HTTP/1.1 200\r\n\r\n",
    `HTTP/1.1 204 No Content\r\n${headers}\r\n`,
    "HTTP/1.1 299 \r\nConnection: close\r\n\r\n",
  ])("%j opens the tunnel, in pieces of any size, and loses no byte after it", (head) => {
    for (let length = 1; length <= head.length + 5; length++) {
      const { error, rest } = answer(`${head}\x00rest`, length);
      expect(error).toBeUndefined();
      expect(rest).toBe(`${head}\x00rest`.slice(head.length));
    }
  });

  const denied = "the proxy does not accept the credentials";
  test.each([
    [302, "WS_ERR_PROXY_REFUSED", "the proxy answered with HTTP status 302"],
    [403, "WS_ERR_PROXY_REFUSED", "the proxy answered with HTTP status 403"],
    [502, "WS_ERR_PROXY_REFUSED", "the proxy answered with HTTP status 502"],
    [600, "WS_ERR_PROXY_REFUSED", "the proxy answered with HTTP status 600"],
    [401, "WS_ERR_PROXY_AUTHENTICATION", `${denied} (HTTP status 401)`],
    [407, "WS_ERR_PROXY_AUTHENTICATION", `${denied} (HTTP status 407)`],
  ])("status %i is %s, with the headers and the body", (status, code, message) => {
    const text = `HTTP/1.1 ${status} No\r\nVia: p\r\nContent-Length: 4\r\n\r\nbody`;
    for (const length of [1, 7, text.length]) {
      const { error } = answer(text, length);
      expect(error).toMatchObject({
        name: "HandshakeError",
        code,
        status,
        message: `${message} (${code})`,
      });
      expect(error?.headers?.get("via")).toBe("p");
      expect(error?.body).toEqual(encodeLatin1("body"));
    }
  });

  test("a body without a length lasts until the connection ends", () => {
    const { connect, rest } = answer("HTTP/1.1 500 No\r\n\r\npart");
    expect(rest).toBeUndefined();
    expect(connect.isReadingBody).toBe(true);
    expect(connect.end()).toMatchObject({ code: "WS_ERR_PROXY_REFUSED", status: 500 });
    expect(connect.end().body).toEqual(encodeLatin1("part"));
    expect(connect.isReadingBody).toBe(false);
  });

  test("keeps at most 64 KiB of an endless body", () => {
    const { connect } = answer("HTTP/1.1 500 No\r\n\r\n");
    const chunk = new Uint8Array(10_000);
    let chunks = 1;
    while (connect.push(chunk) < 0) chunks++;
    expect(chunks).toBe(7);
    expect(connect.error?.body?.length).toBe(65_536);
  });

  test.each([
    ["SSH-2.0-OpenSSH_9.2\r\n\r\n", "it is not HTTP/1.1"],
    ["HTTP/2 200\r\n\r\n", "it is not HTTP/1.1"],
    ["HTTP/1.1 20 OK\r\n\r\n", "it is not HTTP/1.1"],
    ["HTTP/1.1 2000 OK\r\n\r\n", "it is not HTTP/1.1"],
    ["HTTP/1.1 200OK\r\n\r\n", "it is not HTTP/1.1"],
    [" HTTP/1.1 200 OK\r\n\r\n", "it is not HTTP/1.1"],
    ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP status 100 does not answer CONNECT"],
    ["HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP status 101 does not answer CONNECT"],
    ["HTTP/1.1 000 None\r\n\r\n", "HTTP status 000 does not answer CONNECT"],
    ["\r\n", "the start line is empty"],
    ["\x05\x00", "a control character in the head"],
    ["\x16\x03\x01", "a control character in the head"],
    ["HTTP/1.1 200 OK\n", "a bare line feed in the head"],
    ["HTTP/1.1 200 OK\r\nbad line\r\n\r\n", "a header line has no valid name"],
    [`HTTP/1.1 200 OK\r\n${"a:b\r\n".repeat(101)}\r\n`, "too many header lines"],
    [`HTTP/1.1 200 ${"a".repeat(16_384)}`, "the head is too large"],
  ])("answer %# fails", (text, reason) => {
    const { error } = answer(text);
    const message = `the proxy's answer: ${reason.replace("000", "0")}`;
    expect(error).toMatchObject({
      code: "WS_ERR_PROXY_INVALID_RESPONSE",
      status: 0,
      message: `${message} (WS_ERR_PROXY_INVALID_RESPONSE)`,
    });
  });

  test("an endless head fails after 16 KiB, in pieces of any size", () => {
    for (const length of [1, 1_000]) {
      const { error } = answer("a".repeat(20_000), length);
      expect(error?.code).toBe("WS_ERR_PROXY_INVALID_RESPONSE");
    }
  });

  test("a connection that ends within the head fails, after any number of bytes", () => {
    const head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
    for (let length = 0; length < head.length; length++) {
      const { connect } = answer(head.slice(0, length));
      const message = "the proxy closed the connection before its answer was complete";
      expect(connect.end()).toMatchObject({
        code: "WS_ERR_PROXY_INCOMPLETE",
        message: `${message} (WS_ERR_PROXY_INCOMPLETE)`,
      });
    }
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { UpgradeRequest } from "../../src/handshake/client.ts";
import { maxBodyLength } from "../../src/handshake/http-body.ts";
import { UpgradeResponseReader } from "../../src/handshake/response-reader.ts";
import { parseWebSocketUrl } from "../../src/handshake/url.ts";
import { chunkSizes } from "../arbitraries.ts";
import { ascii, cut } from "../bytes.ts";
import { faultOf, headText } from "./heads.ts";

const request: UpgradeRequest = {
  url: parseWebSocketUrl("ws://server.example.com/chat"),
  key: "dGhlIHNhbXBsZSBub25jZQ==",
  subprotocols: ["chat"],
  extensions: [],
  headers: {},
};

const acceptance = headText(
  "HTTP/1.1 101 Switching Protocols",
  "Upgrade: websocket",
  "Connection: Upgrade",
  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
  "Sec-WebSocket-Protocol: chat",
);

/** Pushes chunks until the reader is done. Returns the reader and the bytes it did not read. */
function read(text: string, sizes: readonly number[]) {
  const reader = new UpgradeResponseReader(request);
  let rest = "";
  let done = false;
  for (const chunk of cut(ascii(text), sizes)) {
    if (done) rest += String.fromCharCode(...chunk);
    else {
      const after = reader.push(chunk);
      done = after >= 0;
      if (done) rest = String.fromCharCode(...chunk.subarray(after));
    }
  }
  return { reader, rest, done };
}

const bodyText = (reader: UpgradeResponseReader) =>
  String.fromCharCode(...(reader.end()?.body ?? []));

describe("UpgradeResponseReader", () => {
  test("leaves the bytes after the head to the connection, in any chunks", () => {
    fc.assert(
      fc.property(chunkSizes, (sizes) => {
        const { reader, rest } = read(`${acceptance}\x81\x05Hello`, sizes);
        expect(reader.agreement).toMatchObject({ subprotocol: "chat", extensions: [] });
        expect(reader.error).toBeUndefined();
        expect(reader.end()).toBeUndefined();
        expect(rest).toBe("\x81\x05Hello");
      }),
    );
  });

  test("returns status, headers and body of another response, in any chunks", () => {
    const head = headText(
      "HTTP/1.1 403 Forbidden",
      "Content-Length: 9",
      "X-Reason: a",
      "X-Reason: b",
    );
    fc.assert(
      fc.property(chunkSizes, (sizes) => {
        const { reader, done } = read(`${head}not today`, sizes);
        expect(done).toBe(true);
        expect(faultOf(reader.error)).toBe("403 WS_ERR_UNEXPECTED_RESPONSE");
        expect(reader.error?.headers?.getAll("x-reason")).toEqual(["a", "b"]);
        expect(bodyText(reader)).toBe("not today");
        expect(reader.end()).toBe(reader.error);
        expect(reader.agreement).toBeUndefined();
      }),
    );
  });

  test("returns the received part of a body when the stream ends", () => {
    const head = headText("HTTP/1.1 500 Oh", "Content-Length: 100");
    const { reader, done } = read(`${head}half`, [7]);
    expect([done, reader.error]).toEqual([false, undefined]);
    expect(reader.isReadingBody).toBe(true);
    expect(faultOf(reader.end())).toBe("500 WS_ERR_UNEXPECTED_RESPONSE");
    expect(bodyText(reader)).toBe("half");
    expect(reader.isReadingBody).toBe(false);
  });

  test("does not wait for a body if there is none", () => {
    const { reader, done } = read(headText("HTTP/1.1 204 No Content"), [1]);
    expect(done).toBe(true);
    expect(reader.error?.body).toHaveLength(0);
  });

  test("keeps at most 64 KiB of a body", () => {
    const { reader, done } = read(`${headText("HTTP/1.1 200 OK")}${"x".repeat(200_000)}`, [9999]);
    expect(done).toBe(true);
    expect(reader.error?.body).toHaveLength(maxBodyLength);
  });

  test("end returns undefined before the head is complete", () => {
    const { reader, done } = read(acceptance.slice(0, 50), [50]);
    expect([done, reader.end()]).toEqual([false, undefined]);
  });

  test.each([
    ["0 WS_ERR_INVALID_HTTP", "HTTP/1.1 101 x\nUpgrade: websocket\n\n"],
    ["0 WS_ERR_HTTP_HEAD_TOO_LARGE", `HTTP/1.1 101 ${"x".repeat(20_000)}`],
    ["0 WS_ERR_INVALID_HTTP", headText("HTTP/1.0 200 OK")],
    ["101 WS_ERR_INVALID_UPGRADE", headText("HTTP/1.1 101 x")],
  ])("fails with %s without a body", (fault, text) => {
    const { reader, done } = read(text, [1000]);
    expect(done).toBe(true);
    expect(faultOf(reader.error)).toBe(fault);
    expect([reader.error?.headers, reader.error?.body]).toEqual([undefined, undefined]);
    expect(reader.error?.message).toMatch(/response|did not answer/);
    expect(reader.end()).toBe(reader.error);
  });
});

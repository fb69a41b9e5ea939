import { Buffer } from "node:buffer";
import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { bufferHttp } from "../../src/runtime/buffer-http.ts";

const coding = bufferHttp({ Buffer, hash });

test("decodes each byte as one character", () => {
  const bytes = new Uint8Array(258).map((_, i) => i - 1);
  const text = coding.decodeLatin1(bytes, 1, 257);
  expect(text).toBe(String.fromCharCode(...bytes.subarray(1, 257)));
});

test("encodes each character as one byte", () => {
  const bytes = new Uint8Array(256).map((_, i) => i);
  expect([...coding.encodeLatin1(String.fromCharCode(...bytes))]).toEqual([...bytes]);
});

test("computes the accept key of RFC 6455 section 1.3", () => {
  const text = "dGhlIHNhbXBsZSBub25jZQ==258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  expect(coding.sha1(text)).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("decodes without the undocumented function", () => {
  const from = (text: string) => Buffer.from(text, "latin1");
  const plain = bufferHttp({ Buffer: { from, prototype: {} }, hash });
  const bytes = new Uint8Array(10_000).map((_, i) => i);
  expect(plain.decodeLatin1(bytes, 1, 9_999)).toBe(coding.decodeLatin1(bytes, 1, 9_999));
});

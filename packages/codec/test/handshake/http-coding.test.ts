import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeBase64, standardHttpCoding } from "../../src/handshake/http-coding.ts";
import { type HttpHead, HttpHeadReader } from "../../src/handshake/http-head.ts";
import { encodeUpgradeResponse } from "../../src/handshake/server.ts";
import { ascii, pattern } from "../bytes.ts";
import { headText } from "./heads.ts";

test("decodes each byte as one character, for any length", () => {
  for (const length of [0, 1, 256, 4096, 4097, 16_384]) {
    const bytes = pattern(length + 2);
    const text = standardHttpCoding.decodeLatin1(bytes, 1, length + 1);
    expect(Array.from(text, (character) => character.charCodeAt(0))).toEqual([
      ...bytes.subarray(1, length + 1),
    ]);
  }
});

test("computes the SHA-1 of FIPS 180-4's example", () => {
  const digest = Uint8Array.from(
    "a9993e364706816aba3e25717850c26c9cd0d89d".match(/../g) as string[],
    (byte) => Number.parseInt(byte, 16),
  );
  expect(standardHttpCoding.sha1("abc")).toBe(btoa(String.fromCharCode(...digest)));
});

test("encodes base64 as the platform does", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      expect(encodeBase64(bytes)).toBe(btoa(String.fromCharCode(...bytes)));
    }),
  );
});

test("a custom coding is not called with a negative length", () => {
  const asked: [start: number, end: number][] = [];
  const decodeLatin1 = (_bytes: Uint8Array, start: number, end: number) => {
    asked.push([start, end]);
    return "";
  };
  const reader = new HttpHeadReader({ ...standardHttpCoding, decodeLatin1 });
  expect(reader.push(ascii("\r\n"))).toBe(2);
  expect(reader.error?.status).toBe(400);
  expect(asked).toEqual([]);
});

test("a custom coding is used to read the head and to write the response", () => {
  const coding = {
    decodeLatin1: (bytes: Uint8Array, start: number, end: number) =>
      standardHttpCoding.decodeLatin1(bytes, start, end).replace("a: b", "Sec-WebSocket-Key: k"),
    encodeLatin1: (text: string) => standardHttpCoding.encodeLatin1(text.replace("101", "102")),
    sha1: (text: string) => `<${text}>`,
  };
  const reader = new HttpHeadReader(coding);
  reader.push(ascii(headText("GET / HTTP/1.1", "a: b")));
  const { headers } = reader.head as HttpHead;
  const answer = encodeUpgradeResponse({ method: "GET", target: "/", headers }, "", {}, [], coding);
  const text = String.fromCharCode(...answer);
  expect(text).toMatch(/^HTTP\/1\.1 102 /);
  expect(text).toContain("\r\nSec-WebSocket-Accept: <k258EAFA5-E914-47DA-95CA-C5AB0DC85B11>\r\n");
});

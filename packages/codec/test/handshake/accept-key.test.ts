import fc from "fast-check";
import { expect, test } from "vitest";
import { computeAcceptKey, isValidKey } from "../../src/handshake/accept-key.ts";
import { encodeBase64 } from "../../src/handshake/http-coding.ts";
import { ascii } from "../bytes.ts";

test("answers the key of section 1.3", () => {
  expect(computeAcceptKey("dGhlIHNhbXBsZSBub25jZQ==")).toBe("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("is the platform's SHA-1 of the key and the GUID, in base64", async () => {
  const nonce = fc.uint8Array({ minLength: 16, maxLength: 16 });
  await fc.assert(
    fc.asyncProperty(nonce, async (nonce) => {
      const key = encodeBase64(nonce);
      const input = ascii(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`);
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-1", Uint8Array.from(input)));
      expect(computeAcceptKey(key)).toBe(btoa(String.fromCharCode(...digest)));
    }),
  );
});

test("isValidKey accepts only 16 bytes in base64 (section 4.2.1)", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (nonce) => {
      expect(isValidKey(btoa(String.fromCharCode(...nonce)))).toBe(nonce.length === 16);
    }),
  );
  for (const key of [
    "",
    "dGhlIHNhbXBsZSBub25jZQ",
    "dGhlIHNhbXBsZSBub25jZQ=",
    "dGhlIHNhbXBsZSBub25jZ-==",
    " dGhlIHNhbXBsZSBub25jZQ==",
    "dGhlIHNhbXBsZSBub25jZQ==\n",
    "dGhlIHNhbXBsZSBub25jZQ==,",
    "dGhlIHNhbXBsZSBub25jZQ==, dGhlIHNhbXBsZSBub25jZQ==",
  ]) {
    expect(isValidKey(key)).toBe(false);
  }
  // The example of section 4.1, in which the bits after the 16 bytes are not 0.
  expect(isValidKey("AQIDBAUGBwgJCgsMDQ4PEC==")).toBe(true);
  expect(isValidKey("AAAAAAAAAAAAAAAAAAAAAA==")).toBe(true);
  expect(isValidKey("/////////////////////w==")).toBe(true);
});

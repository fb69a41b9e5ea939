import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha1 } from "../../src/handshake/sha1.ts";
import { ascii, pattern } from "../bytes.ts";

const hex = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

test("computes the examples of FIPS 180", () => {
  expect(hex(sha1(ascii("abc")))).toBe("a9993e364706816aba3e25717850c26c9cd0d89d");
  expect(hex(sha1(ascii("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")))).toBe(
    "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
  );
  expect(hex(sha1(ascii("a".repeat(1_000_000))))).toBe("34aa973cd4c4daa4f61eeb2bdbad27316534016f");
});

test("computes the same as the runtime, also around the ends of blocks", () => {
  const lengths = Array.from({ length: 200 }, (_, length) => length);
  for (const length of lengths) expectNative(pattern(length));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), expectNative));
});

test("leaves the message as it is", () => {
  const message = pattern(70);
  sha1(message);
  expect(message).toEqual(pattern(70));
});

function expectNative(bytes: Uint8Array): void {
  expect(hex(sha1(bytes))).toBe(createHash("sha1").update(bytes).digest("hex"));
}

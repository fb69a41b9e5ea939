import { describe, expect, test } from "vitest";
import { keyWord, maskBytes, rotateKey } from "../../src/mask/bytes.ts";
import { hex, pattern } from "../bytes.ts";
import { isMasked, keyNumber, keyOctets } from "./oracle.ts";

describe("maskBytes", () => {
  test("copies and masks every length up to 40, with every phase", () => {
    for (let length = 0; length <= 40; length++) {
      for (let phase = 0; phase < 4; phase++) {
        const source = pattern(length + 3);
        const target = new Uint8Array(length + 7).fill(0xee);
        const seen = maskBytes(target, 5, source, 2, 2 + length, keyNumber(keyOctets), phase);
        const expected = new Uint8Array(length + 7).fill(0xee);
        expected.set(source.subarray(2, 2 + length), 5);
        expect(isMasked(target, expected, 5, 5 + length, phase)).toBe(true);
        expect(seen).toBe(target.subarray(5, 5 + length).reduce((all, byte) => all | byte, 0));
      }
    }
  });
});

test("rotateKey turns the key to the octet of the phase", () => {
  const turned = [0, 1, 2, 3, 4, 7].map((phase) => rotateKey(0xdeadbeef, phase) >>> 0);
  expect(turned).toEqual([0xdeadbeef, 0xadbeefde, 0xbeefdead, 0xefdeadbe, 0xdeadbeef, 0xefdeadbe]);
});

test("keyWord puts the octets into the order of a machine, or leaves them", () => {
  expect(keyWord(0x01020384, 0) >>> 0).toBe(0x84030201);
  expect(keyWord(0x81020304, 24) >>> 0).toBe(0x81020304);
  const memory = new Uint8Array(Int32Array.of(keyWord(0x01020304, 0)).buffer);
  expect(["01020304", "04030201"]).toContain(hex(memory));
});

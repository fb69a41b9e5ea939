import * as buffer from "node:buffer";
import { Utf8Validator } from "@framewright/codec/frame";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, runs } from "../../../../test-depth.ts";
import { bufferText } from "../../src/runtime/buffer-text.ts";

const text = bufferText(buffer);
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decodeStrictly(bytes: Uint8Array): string | undefined {
  try {
    return strict.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Bytes between others that are not valid text. */
function framed(bytes: Uint8Array): Uint8Array {
  const memory = new Uint8Array(bytes.length + 9).fill(0xff);
  memory.set(bytes, 5);
  return memory;
}

describe("text by node:buffer", () => {
  test.each([0, 1, 12, 13, 255, 256, 5000])("decodes %i bytes of ASCII", (length) => {
    const bytes = new Uint8Array(length).map((_, i) => i & 0x7f);
    const expected = strict.decode(bytes);
    expect(text.decodeAscii(framed(bytes), 5, 5 + length)).toBe(expected);
    expect(text.decodeUtf8(framed(bytes), 5, 5 + length)).toBe(expected);
  });

  test("decodes short ASCII in groups of characters", () => {
    const grouped = bufferText(buffer, { decoded: 40, inGroups: true, written: 24 });
    for (let length = 0; length <= 41; length++) {
      const bytes = new Uint8Array(length).map((_, i) => 0x7f - i);
      expect(grouped.decodeAscii(framed(bytes), 5, 5 + length)).toBe(strict.decode(bytes));
    }
  });

  test("decodes and refuses as the platform's strict decoder, with byte-order marks", () => {
    const unit = fc.constantFrom("a", "é", "€", "𝄞", "\ufeff", "\u0000");
    const damage = fc.record({ at: fc.nat({ max: 999 }), byte: fc.nat({ max: 255 }) });
    const parts = fc.array(fc.tuple(unit, fc.nat({ max: 150 })), { maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.array(damage, { maxLength: 2 }), (parts, damages) => {
        const whole = parts.map(([character, count]) => character.repeat(count)).join("");
        const bytes = new TextEncoder().encode(whole);
        for (const { at, byte } of damages) if (at < bytes.length) bytes[at] = byte;
        const expected = decodeStrictly(bytes);
        expect(text.decodeUtf8(framed(bytes), 5, 5 + bytes.length)).toBe(expected);
        expect(text.isUtf8(framed(bytes), 5, 5 + bytes.length)).toBe(expected !== undefined);
      }),
      { numRuns: runs(1000) },
    );
  });

  test("encodes and counts as the platform's encoder, with lone surrogates as U+FFFD", () => {
    const unit = fc.constantFrom("a", "é", "€", "𝄞", "\ufeff", "\u0000", "\ud800", "\udc00");
    const parts = fc.array(fc.tuple(unit, fc.nat({ max: 150 })), { maxLength: 6 });
    fc.assert(
      fc.property(parts, fc.nat({ max: 9 }), (parts, offset) => {
        const whole = parts.map(([character, count]) => character.repeat(count)).join("");
        const expected = new TextEncoder().encode(whole);
        const out = new Uint8Array(offset + whole.length * 3 + 5).fill(0xaa);
        const end = offset + expected.length;
        expect(text.utf8Length(whole)).toBe(expected.length);
        expect(text.writeUtf8(whole, out, offset)).toBe(expected.length);
        expect(out.slice(offset, end)).toEqual(expected);
        expect(out.slice(0, offset).every((byte) => byte === 0xaa)).toBe(true);
        expect(out.slice(end).every((byte) => byte === 0xaa)).toBe(true);
      }),
      { numRuns: runs(1000) },
    );
  });

  // The codec's tests compare this validator with the platform's decoder.
  const validator = new Utf8Validator();
  function isUtf8(bytes: Uint8Array, start: number, end: number): boolean {
    validator.reset();
    return validator.push(bytes, start, end) && validator.complete;
  }

  test("accepts exactly the sequences of up to 3 bytes that are UTF-8", () => {
    const wrong: string[] = [];
    const bytes = new Uint8Array(3);
    for (let length = 1; length <= 3; length++) {
      for (const number of integers(256 ** length)) {
        for (let i = 0; i < length; i++) bytes[i] = number >> (8 * i);
        const isTaken = text.decodeUtf8(bytes, 0, length) !== undefined;
        if (isTaken !== isUtf8(bytes, 0, length)) wrong.push(bytes.slice(0, length).join(" "));
      }
    }
    expect(wrong).toEqual([]);
  });

  // The bytes at which the table of RFC 3629 section 4 changes.
  const borders = [
    ...[0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf],
    ...[0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff],
  ];

  // Native code reads 16, 32 or 64 bytes at a time, and the remaining ones differently.
  test.each([
    [4, 0],
    [70, 14],
    [70, 30],
    [130, 62],
    [130, 126],
    [300, 254],
  ])(
    "accepts exactly valid sequences of 4 bytes around each boundary: in %i bytes, at %i",
    (length, at) => {
      const wrong: string[] = [];
      const bytes = new Uint8Array(length).fill(0x61);
      for (let number = 0; number < borders.length ** 4; number++) {
        for (let i = 0, rest = number; i < 4; i++, rest = Math.floor(rest / borders.length)) {
          bytes[at + i] = borders[rest % borders.length];
        }
        const isTaken = text.decodeUtf8(bytes, 0, length) !== undefined;
        if (isTaken !== isUtf8(bytes, at, length)) wrong.push(bytes.slice(at, at + 4).join(" "));
      }
      expect(wrong).toEqual([]);
    },
  );

  test.each(["c0af", "eda080", "f4908080", "e282", "ff"])("refuses %s at any length", (hex) => {
    const bad = Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
    for (const before of [0, 20, 300]) {
      const bytes = new Uint8Array(before + bad.length).fill(0x61);
      bytes.set(bad, before);
      expect(text.decodeUtf8(framed(bytes), 5, 5 + bytes.length)).toBeUndefined();
    }
  });
});

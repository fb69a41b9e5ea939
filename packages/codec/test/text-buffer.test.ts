import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { maxTextLength, TextBuffer } from "../src/text-buffer.ts";
import { standardTextCoding } from "../src/utf8.ts";
import { allocationsOf } from "./allocations.ts";
import { chunkSizes, wellFormedText } from "./arbitraries.ts";
import { bytes, cut, hex } from "./bytes.ts";

const encoder = new TextEncoder();

/** What comes of a text in pieces; undefined when it is refused. */
function gather(pieces: Iterable<Uint8Array>): string | undefined {
  const buffer = new TextBuffer();
  for (const piece of pieces) {
    if (!buffer.append(piece, 0, piece.length)) return undefined;
    piece.fill(0xee);
  }
  return buffer.take();
}

/** Pieces on both sides of the length from which on they are decoded at once. */
const sizes = fc.oneof(
  chunkSizes,
  fc.array(fc.integer({ min: 250, max: 262 }), { minLength: 1, maxLength: 5 }),
);

describe("TextBuffer", () => {
  test("gives back the text of any pieces", () => {
    const texts = fc.array(wellFormedText, { maxLength: 40 }).map((parts) => parts.join("\ufeff"));
    fc.assert(
      fc.property(texts, sizes, (text, sizes) => {
        expect(gather(cut(encoder.encode(text), sizes))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  test.each([255, 256, 257, 1024])(
    "takes characters cut anywhere in pieces of %i bytes",
    (size) => {
      for (const character of ["a", "é", "€", "𝄞"]) {
        for (let shift = 0; shift < 4; shift++) {
          const text = "x".repeat(shift) + character.repeat(1000);
          expect(gather(cut(encoder.encode(text), [size]))).toBe(text);
        }
      }
    },
  );

  test("refuses what the platform's decoder refuses, whatever the pieces are", () => {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const expected = (data: Uint8Array) => {
      try {
        return strict.decode(data);
      } catch {
        return undefined;
      }
    };
    const damage = fc.record({ at: fc.nat({ max: 1100 }), byte: fc.nat({ max: 255 }) });
    const character = fc.constantFrom("a", "é", "€", "𝄞", "\ud7ff", "\ue000");
    fc.assert(
      fc.property(character, fc.array(damage, { maxLength: 2 }), sizes, (unit, damages, sizes) => {
        const data = encoder.encode(unit.repeat(1100 / encoder.encode(unit).length));
        for (const { at, byte } of damages) data[at % data.length] = byte;
        expect(gather(cut(data, sizes))).toBe(expected(data));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["80", "a lone continuation"],
    ["c0", "an overlong form"],
    ["e0 80", "an overlong form of three bytes"],
    ["ed a0", "a surrogate"],
    ["f0 80", "an overlong form of four bytes"],
    ["f4 90", "a value above U+10FFFF"],
    ["f5", "a byte that no character has"],
  ])("refuses %s, %s, at once, in a short piece and at either end of a long one", (bad) => {
    const [first, ...rest] = bytes(bad);
    for (const before of [0, 3, 300]) {
      for (const after of [0, 300]) {
        const text = `${"x".repeat(before)}`;
        const long = [
          ...encoder.encode(text),
          first,
          ...rest,
          ...encoder.encode("y".repeat(after)),
        ];
        expect(new TextBuffer().append(Uint8Array.from(long), 0, long.length)).toBe(false);
      }
      const buffer = new TextBuffer();
      const start = [...new Uint8Array(before).fill(0x78), first];
      const accepted = buffer.append(Uint8Array.from(start), 0, start.length);
      if (rest.length === 0) expect(accepted).toBe(false);
      else {
        expect(accepted).toBe(true);
        const next = [...rest, ...new Uint8Array(300).fill(0x78)];
        expect(buffer.append(Uint8Array.from(next), 0, next.length)).toBe(false);
      }
    }
  });

  test.each(["c3", "e2 82", "f0 9f 98"])(
    "refuses a text that ends within a character: %s",
    (tail) => {
      for (const before of [0, 300]) {
        const data = Uint8Array.from([...new Uint8Array(before).fill(0x61), ...bytes(tail)]);
        expect(gather([data.slice()])).toBeUndefined();
        const buffer = new TextBuffer();
        expect(buffer.append(data, 0, data.length)).toBe(true);
      }
    },
  );

  test("takes nothing as an empty text, and reads only between start and end", () => {
    expect(new TextBuffer().take()).toBe("");
    const buffer = new TextBuffer();
    expect(buffer.append(bytes("ff 41 ff"), 1, 2)).toBe(true);
    expect(buffer.append(bytes("ff"), 0, 0)).toBe(true);
    const long = new Uint8Array(400).fill(0xff).fill(0x42, 50, 350);
    expect(buffer.append(long, 50, 350)).toBe(true);
    expect(hex(encoder.encode(buffer.take()))).toBe(`41${"42".repeat(300)}`);
  });

  test("holds memory for the bytes that came, not for their pieces", () => {
    const length = 100_000;
    const byte = encoder.encode("x");
    const made = allocationsOf(() => {
      const buffer = new TextBuffer();
      for (let i = 0; i < length; i++) buffer.append(byte, 0, 1);
      expect(buffer.take()?.length).toBe(length);
    });
    expect(made.reduce((sum, size) => sum + size, 0)).toBeLessThan(6 * length);
  });

  test("refuses what no string of V8 could hold, and says so", () => {
    const piece = new Uint8Array(2 ** 20);
    // The same string over and over: what is joined of it takes no memory.
    const decoded = "x".repeat(piece.length);
    const buffer = new TextBuffer({ ...standardTextCoding, decodeUtf8: () => decoded });
    for (let length = piece.length; length <= maxTextLength; length += piece.length) {
      expect(buffer.append(piece, 0, piece.length)).toBe(true);
    }
    expect(buffer.isTooLong).toBe(false);
    expect(buffer.append(piece, 0, piece.length)).toBe(false);
    expect(buffer.isTooLong).toBe(true);
    expect(maxTextLength).toBe(536_870_888);
  });
});

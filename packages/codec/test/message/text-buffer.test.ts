import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { MessageMemory } from "../../src/message/message-memory.ts";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";
import { maxTextLength, TextBuffer } from "../../src/message/text-buffer.ts";
import { standardTextCoding } from "../../src/utf8.ts";
import { allocationsOf } from "../allocations.ts";
import { chunkSizes, wellFormedText } from "../arbitraries.ts";
import { bytes, cut, hex } from "../bytes.ts";

const encoder = new TextEncoder();

const memory = new MessageMemory({});

/**
 * Gathers a text in pieces.
 *
 * @param tells - Whether `append` is told which pieces are ASCII, and how many bytes follow.
 * @returns The text, or undefined if it is refused.
 */
function gather(pieces: Iterable<Uint8Array>, tells = false): string | undefined {
  const buffer = new TextBuffer(standardTextCoding, memory);
  try {
    for (const piece of pieces) {
      const isAscii = tells && piece.every((byte) => byte < 0x80);
      if (!buffer.append(piece, 0, piece.length, isAscii, tells ? 9_000 : 0)) return undefined;
      piece.fill(0xee);
    }
    return buffer.take();
  } finally {
    buffer.drop();
  }
}

/** Piece lengths on both sides of those from which native code validates and decodes. */
const sizes = fc.oneof(
  chunkSizes,
  ...[64, 256, 8_192].map((middle) =>
    fc.array(fc.integer({ min: middle - 6, max: middle + 6 }), { minLength: 1, maxLength: 5 }),
  ),
);

describe("TextBuffer", () => {
  test("returns the text of any pieces", () => {
    const texts = fc.array(wellFormedText, { maxLength: 40 }).map((parts) => parts.join("\ufeff"));
    fc.assert(
      fc.property(
        texts,
        fc.constantFrom("", "x", "é"),
        sizes,
        fc.boolean(),
        (text, filling, sizes, tells) => {
          const long = text + filling.repeat(9_000) + text;
          expect(gather(cut(encoder.encode(long), sizes), tells)).toBe(long);
        },
      ),
      { numRuns: runs(500) },
    );
  });

  test.each([63, 64, 65, 256, 1024])(
    "accepts characters split anywhere in pieces of %i bytes",
    (size) => {
      for (const character of ["a", "é", "€", "𝄞"]) {
        for (let shift = 0; shift < 4; shift++) {
          const text = "x".repeat(shift) + character.repeat(1000);
          expect(gather(cut(encoder.encode(text), [size]))).toBe(text);
        }
      }
    },
  );

  test("refuses what the platform's decoder refuses, in any pieces", () => {
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    const expected = (data: Uint8Array) => {
      try {
        return strict.decode(data);
      } catch {
        return undefined;
      }
    };
    const damage = fc.record({ at: fc.nat({ max: 10_000 }), byte: fc.nat({ max: 255 }) });
    const character = fc.constantFrom("a", "é", "€", "𝄞", "\ud7ff", "\ue000");
    fc.assert(
      fc.property(
        character,
        fc.array(damage, { maxLength: 2 }),
        sizes,
        fc.boolean(),
        (unit, damages, sizes, tells) => {
          const length = 1100 * (1 + (damages.length > 0 ? 8 * (damages[0].at % 2) : 0));
          const data = encoder.encode(unit.repeat(length / encoder.encode(unit).length));
          for (const { at, byte } of damages) data[at % data.length] = byte;
          expect(gather(cut(data, sizes), tells)).toBe(expected(data));
        },
      ),
      { numRuns: runs(1000) },
    );
  });

  test.each([
    ["80", "a lone continuation"],
    ["c0", "an overlong form"],
    ["e0 80", "an overlong form of three bytes"],
    ["ed a0", "a surrogate"],
    ["f0 80", "an overlong form of four bytes"],
    ["f4 90", "a value above U+10FFFF"],
    ["f5", "a byte that occurs in no character"],
  ])("refuses %s, %s, at once, in a short piece and at both ends of a long one", (bad) => {
    const [first, ...rest] = bytes(bad);
    for (const before of [0, 3, 300, 9_000]) {
      for (const after of [0, 300, 9_000]) {
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
        const next = [...rest, ...new Uint8Array(before || 300).fill(0x78)];
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

  test("refuses a split character that is continued by ASCII", () => {
    for (const length of [1, 100, 9_000]) {
      const buffer = new TextBuffer();
      expect(buffer.append(bytes("e2 82"), 0, 2)).toBe(true);
      expect(buffer.append(new Uint8Array(length).fill(0x41), 0, length, true)).toBe(false);
    }
  });

  test("gathers in a borrowed buffer and returns it", () => {
    const returned: Uint8Array[] = [];
    const lender = {
      allocate: (length: number) => new Uint8Array(length),
      acquireGatherBuffer: (length: number) => new Uint8Array(length + 10),
      releaseGatherBuffer: (bytes: Uint8Array) => void returned.push(bytes),
    };
    const buffer = new TextBuffer(standardTextCoding, lender);
    expect(buffer.append(encoder.encode("é".repeat(50)), 0, 100)).toBe(true);
    expect(buffer.take()).toBe("é".repeat(50));
    expect(returned).toHaveLength(1);
    expect(buffer.append(encoder.encode("x"), 0, 1, true)).toBe(true);
    buffer.drop();
    expect(returned).toHaveLength(2);
    expect(buffer.take()).toBe("");
  });

  test("returns an empty text if nothing was added, and reads only between start and end", () => {
    expect(new TextBuffer().take()).toBe("");
    const buffer = new TextBuffer();
    expect(buffer.append(bytes("ff 41 ff"), 1, 2)).toBe(true);
    expect(buffer.append(bytes("ff"), 0, 0)).toBe(true);
    const long = new Uint8Array(400).fill(0xff).fill(0x42, 50, 350);
    expect(buffer.append(long, 50, 350)).toBe(true);
    expect(hex(encoder.encode(buffer.take()))).toBe(`41${"42".repeat(300)}`);
  });

  test("allocates for the received bytes, not for each piece", () => {
    const length = 100_000;
    const byte = encoder.encode("x");
    const made = allocationsOf(() => {
      const buffer = new TextBuffer();
      for (let i = 0; i < length; i++) buffer.append(byte, 0, 1);
      expect(buffer.take()?.length).toBe(length);
    });
    expect(made.reduce((sum, size) => sum + size, 0)).toBeLessThan(6 * length);
  });

  test("accepts text up to its limit, by default the longest string of V8", () => {
    const buffer = new TextBuffer(standardTextCoding, undefined, 10);
    expect(buffer.append(new Uint8Array(10), 0, 10)).toBe(true);
    expect(buffer.isTooLong).toBe(false);
    expect(buffer.append(new Uint8Array(1), 0, 1)).toBe(false);
    expect(buffer.isTooLong).toBe(true);
    expect(new TextBuffer().append(new Uint8Array(0), 0, maxTextLength + 1)).toBe(false);
    expect(maxTextLength).toBe(536_870_888);
  });
});

test("stays within any memory limit and releases all memory", () => {
  const euro = encoder.encode("\u20ac".repeat(4000));
  const letters = new Uint8Array(9_000).fill(0x61);
  // The second piece ends within a character and fills the first memory block.
  const pieces = [
    ...[euro.subarray(0, 100), euro.subarray(100, 256), euro.subarray(256)],
    ...[letters, letters.subarray(0, 70), letters],
  ];
  const whole = `${"\u20ac".repeat(4000)}${"a".repeat(18_070)}`;
  let texts = 0;
  for (let limit = 0; limit <= 80_000; limit += 50) {
    const receiveMemory = new ReceiveMemory(limit);
    const buffer = new TextBuffer(standardTextCoding, new MessageMemory({ receiveMemory }));
    const fits = pieces.every((piece) => {
      const isAscii = piece[0] === 0x61;
      const fits = buffer.append(piece, 0, piece.length, isAscii);
      expect(receiveMemory.used).toBeLessThanOrEqual(limit);
      return fits;
    });
    expect([buffer.isRefused, buffer.isTooLong]).toEqual([!fits, false]);
    if (fits) {
      expect(buffer.take() === whole).toBe(true);
      texts++;
    }
    buffer.drop();
    expect(receiveMemory.used).toBe(0);
  }
  expect(texts).toBeGreaterThan(0);
});

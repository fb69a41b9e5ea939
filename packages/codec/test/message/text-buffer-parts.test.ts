import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { TextBuffer } from "../../src/message/text-buffer.ts";

test("parts of a text never cut a character, wherever its bytes are cut", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 60 }),
      fc.array(fc.nat(70), { maxLength: 8 }),
      (text, lengths) => {
        const bytes = new TextEncoder().encode(text);
        const buffer = new TextBuffer();
        let at = 0;
        let parts = "";
        for (const length of lengths) {
          const end = Math.min(at + length, bytes.length);
          expect(buffer.append(bytes, at, end)).toBe(true);
          at = end;
          const part = buffer.takeDecoded();
          expect(part).not.toMatch(/\p{Surrogate}/u);
          parts += part;
        }
        expect(buffer.append(bytes, at, bytes.length)).toBe(true);
        expect(parts + buffer.take()).toBe(new TextDecoder().decode(bytes));
      },
    ),
    { numRuns: runs(500) },
  );
});

test("what was taken does not count towards the maximum length", () => {
  const buffer = new TextBuffer(undefined, undefined, 4);
  const bytes = new Uint8Array([0x61, 0x61, 0xf0, 0x9f]);
  expect(buffer.append(bytes, 0, 4)).toBe(true);
  expect(buffer.takeDecoded()).toBe("aa");
  expect(buffer.append(new Uint8Array([0x98, 0x80]), 0, 2)).toBe(true);
  expect(buffer.takeDecoded()).toBe("\u{1f600}");
  expect(buffer.append(new Uint8Array(5), 0, 5)).toBe(false);
  expect(buffer.isTooLong).toBe(true);
});

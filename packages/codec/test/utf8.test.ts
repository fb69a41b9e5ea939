import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, isFullDepth, runs } from "../../../test-depth.ts";
import {
  decodeUtf8,
  encodeUtf8,
  standardTextCoding,
  Utf8Validator,
  utf8Length,
  writeUtf8,
} from "../src/utf8.ts";
import { anyText, chunkSizes } from "./arbitraries.ts";
import { bytes, cut, hex } from "./bytes.ts";

const encoder = new TextEncoder();
const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const lenient = new TextDecoder("utf-8", { ignoreBOM: true });

function isValid(data: Uint8Array): boolean {
  try {
    strict.decode(data);
    return true;
  } catch {
    return false;
  }
}

const completions = ["", "80", "8080", "808080", "a080", "908080"].map(bytes);

/** Whether more bytes can make `data` valid. `completions` complete any prefix of a character. */
function canBecomeValid(data: Uint8Array): boolean {
  return completions.some((end) => isValid(Uint8Array.from([...data, ...end])));
}

const validator = new Utf8Validator();

function accepts(data: Uint8Array, start: number, end: number): boolean {
  validator.reset();
  return validator.push(data, start, end) && validator.complete;
}

/** U+10FFFE: no tested sequence contains it, and it cannot continue one. */
const separator = bytes("f4 8f bf be");

/**
 * Judges many sequences with one call to the platform's decoder, which replaces invalid ones with
 * U+FFFD.
 *
 * @returns Whether each sequence is valid.
 */
function judgeTogether(sequences: Uint8Array, length: number): boolean[] {
  const stride = length + separator.length;
  const joined = new Uint8Array((sequences.length / length) * stride);
  for (let i = 0, at = 0; i < sequences.length; i += length, at += stride) {
    joined.set(sequences.subarray(i, i + length), at);
    joined.set(separator, at + length);
  }
  const text = lenient.decode(joined);
  const verdicts: boolean[] = [];
  let valid = true;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit === 0xfffd) valid = false;
    else if (unit === 0xdbff && text.charCodeAt(i + 1) === 0xdffe) {
      verdicts.push(valid);
      valid = true;
      i++;
    }
  }
  return verdicts;
}

/** U+FFFD itself, the one valid sequence that `judgeTogether` takes for invalid. */
const replacementCharacter = "efbfbd";

/** The bytes at which the table of RFC 3629 section 4 changes. */
const borders = bytes("00 7f 80 8f 90 9f a0 bf c0 c1 c2 df e0 e1 ec ed ee ef f0 f1 f3 f4 f5 ff");

describe("Utf8Validator against the platform's decoder", () => {
  test("all sequences of 1 and 2 bytes", () => {
    const wrong: string[] = [];
    for (let i = 0; i < 0x1_0100; i++) {
      const data = i < 256 ? Uint8Array.of(i) : Uint8Array.of((i >> 8) - 1, i);
      if (accepts(data, 0, data.length) !== isValid(data)) wrong.push(hex(data));
    }
    expect(wrong).toEqual([]);
  });

  test("all sequences of 3 bytes", () => {
    const wrong: string[] = [];
    const sequences = new Uint8Array(3 * 256);
    for (const first of integers(0x1_0000)) {
      for (let last = 0; last < 256; last++) {
        sequences[3 * last] = first >> 8;
        sequences[3 * last + 1] = first;
        sequences[3 * last + 2] = last;
      }
      const verdicts = judgeTogether(sequences, 3);
      for (let last = 0; last < 256; last++) {
        if (accepts(sequences, 3 * last, 3 * last + 3) !== verdicts[last]) {
          wrong.push(hex(sequences.subarray(3 * last, 3 * last + 3)));
        }
      }
    }
    expect(wrong).toEqual(isFullDepth ? [replacementCharacter] : []);
  }, 60_000);

  test("sequences of 4 bytes around every boundary of the table", () => {
    const wrong: string[] = [];
    const sequences = new Uint8Array(4 * borders.length);
    for (const first of integers(borders.length ** 3)) {
      const indices = [first / borders.length ** 2, first / borders.length, first];
      const start = indices.map((index) => borders[Math.floor(index) % borders.length]);
      borders.forEach((last, i) => {
        sequences.set([...start, last], 4 * i);
      });
      const verdicts = judgeTogether(sequences, 4);
      verdicts.forEach((valid, i) => {
        if (accepts(sequences, 4 * i, 4 * i + 4) !== valid) {
          wrong.push(hex(sequences.subarray(4 * i, 4 * i + 4)));
        }
      });
    }
    expect(wrong).toEqual([]);
  });

  test("all values of the first two bytes of a 4-byte sequence", () => {
    const wrong: string[] = [];
    for (let first = 0xf0; first <= 0xff; first++) {
      for (let second = 0; second < 256; second++) {
        const data = Uint8Array.of(first, second, 0x80, 0xbf);
        if (accepts(data, 0, 4) !== isValid(data)) wrong.push(hex(data));
      }
    }
    expect(wrong).toEqual([]);
  });

  test("fails at the first byte after which the text cannot become valid", () => {
    const wrong: string[] = [];
    for (const first of integers(borders.length ** 3)) {
      const indices = [first / borders.length ** 2, first / borders.length, first];
      const data = Uint8Array.from(indices, (i) => borders[Math.floor(i) % borders.length]);
      validator.reset();
      let failedAt = 0;
      while (failedAt < 3 && validator.push(data, failedAt, failedAt + 1)) failedAt++;
      let expected = 0;
      while (expected < 3 && canBecomeValid(data.subarray(0, expected + 1))) expected++;
      if (failedAt !== expected) wrong.push(`${hex(data)} at ${failedAt}, not ${expected}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe("Utf8Validator in pieces", () => {
  const almostText = fc
    .array(
      fc.oneof(
        { weight: 8, arbitrary: anyText.map((text) => encoder.encode(text)) },
        { weight: 1, arbitrary: fc.uint8Array({ maxLength: 3 }) },
      ),
      { maxLength: 6 },
    )
    .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

  test("gives the same verdict for any chunking", () => {
    fc.assert(
      fc.property(almostText, chunkSizes, (data, sizes) => {
        const pieces = new Utf8Validator();
        const good = cut(data, sizes).every((chunk) => pieces.push(chunk, 0, chunk.length));
        expect(good && pieces.complete).toBe(isValid(data));
      }),
      { numRuns: runs(500) },
    );
  });

  test("reads only between start and end, and starts over after reset", () => {
    const data = bytes("ff e2 82 ac ff");
    const pieces = new Utf8Validator();
    expect(pieces.push(data, 1, 3)).toBe(true);
    expect(pieces.complete).toBe(false);
    expect(pieces.push(data, 3, 4)).toBe(true);
    expect(pieces.complete).toBe(true);
    expect(pieces.push(data, 1, 2)).toBe(true);
    pieces.reset();
    expect(pieces.complete).toBe(true);
    expect(pieces.push(bytes("41"), 0, 1)).toBe(true);
  });

  test.each(["e0", "ed", "f0", "f4"])("reset drops the narrowed range after %s", (lead) => {
    const pieces = new Utf8Validator();
    pieces.push(bytes(lead), 0, 1);
    pieces.reset();
    expect(pieces.push(bytes("c2 80 c2 bf"), 0, 4)).toBe(true);
    expect(pieces.complete).toBe(true);
  });
});

describe("text", () => {
  test("is encoded as by TextEncoder, and no other byte is written", () => {
    fc.assert(
      fc.property(anyText, fc.nat({ max: 5 }), (text, offset) => {
        const expected = encoder.encode(text);
        expect(utf8Length(text)).toBe(expected.length);
        // No spare byte: the counted length must suffice.
        const out = new Uint8Array(offset + expected.length);
        expect(writeUtf8(text, out, offset)).toBe(expected.length);
        expect(hex(out)).toBe("00".repeat(offset) + hex(expected));
      }),
      { numRuns: runs(1000) },
    );
  });

  test("is encoded with U+FFFD for a lone surrogate in any position", () => {
    for (const text of ["\ud800", "a\udc00", "\ud800\ud800\udc00", "\udc00\ud800", "\udbff!"]) {
      const out = new Uint8Array(12);
      const written = writeUtf8(text, out, 0);
      expect(hex(out.subarray(0, written))).toBe(hex(encoder.encode(text)));
      expect(utf8Length(text)).toBe(written);
    }
  });

  test("is encoded into bytes of its own by encodeUtf8", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const encoded = encodeUtf8(text);
        expect(encoded).toHaveLength(utf8Length(text));
        expect(decodeUtf8(encoded)).toBe(lenient.decode(encoder.encode(text)));
        encoded.fill(0xff);
        expect(hex(encodeUtf8(text))).toBe(hex(encoder.encode(text)));
      }),
      { numRuns: runs(200) },
    );
    expect(hex(encodeUtf8("\ufeffa\ud800"))).toBe("efbbbf61efbfbd");
  });

  test("is decoded unchanged, with its byte-order mark", () => {
    fc.assert(
      fc.property(anyText, fc.nat({ max: 5 }), (text, offset) => {
        const data = Uint8Array.from([
          ...new Array(offset).fill(0xff),
          ...encoder.encode(text),
          0xff,
        ]);
        const wellFormed = strict.decode(encoder.encode(text));
        expect(decodeUtf8(data, offset, data.length - 1)).toBe(wellFormed);
      }),
      { numRuns: runs(1000) },
    );
    expect(decodeUtf8(bytes("ef bb bf 41"), 0, 4)).toBe("\ufeffA");
  });

  test("is refused exactly if the platform's decoder refuses it", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (data) => {
        const expected = isValid(data) ? strict.decode(data) : undefined;
        expect(decodeUtf8(data, 0, data.length)).toBe(expected);
        expect(standardTextCoding.isUtf8(data, 0, data.length)).toBe(expected !== undefined);
      }),
      { numRuns: runs(500) },
    );
  });

  test.each([0, 1, 15, 16, 17, 1000])("is decoded as ASCII if it is: %i bytes", (length) => {
    const data = new Uint8Array(length + 2).map((_, i) => i & 0x7f);
    const expected = String.fromCharCode(...data.subarray(1, length + 1));
    expect(standardTextCoding.decodeAscii(data, 1, length + 1)).toBe(expected);
    expect(standardTextCoding.decodeUtf8(data, 1, length + 1)).toBe(expected);
  });

  test.each([0, 1, 23, 24, 25, 26, 1000])("of %i characters is encoded and decoded", (length) => {
    for (const last of ["", "x", "\u00e9", "\u20ac", "\u{1f600}", "\ud800"]) {
      const text = "a".repeat(length) + last;
      const out = new Uint8Array(utf8Length(text));
      expect(writeUtf8(text, out, 0)).toBe(out.length);
      expect(hex(out)).toBe(hex(encoder.encode(text)));
      expect(decodeUtf8(out, 0, out.length)).toBe(strict.decode(encoder.encode(text)));
    }
  });
});

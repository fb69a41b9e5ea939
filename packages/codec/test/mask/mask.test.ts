import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { runs } from "../../../../test-depth.ts";
import {
  applyMask,
  endSlices,
  maskedSlice,
  maskFromScratch,
  maskInto,
  maskingScratch,
} from "../../src/mask/mask.ts";
import { ascii, bytes, hex, pattern } from "../bytes.ts";
import { isMasked, keyNumber, keyOctets, maskByLoop } from "./oracle.ts";

test("unmasks the example of section 5.7", () => {
  const payload = bytes("7f 9f 4d 51 58");
  applyMask(payload, 0, 5, 0x37fa213d, 0);
  expect(hex(payload)).toBe(hex(ascii("Hello")));
});

test("equals the byte loop for every length, start, alignment and phase", () => {
  const key = [0x81, 0x02, 0xf3, 0x7f];
  const wrong: string[] = [];
  for (let length = 0; length <= 200; length++) {
    for (let alignment = 0; alignment < 4; alignment++) {
      const memory = pattern(length + 16, length + 1);
      const view = memory.subarray(alignment);
      for (let start = 0; start < 8; start++) {
        for (let phase = 0; phase < 4; phase++) {
          const data = new Uint8Array(memory).subarray(alignment);
          const end = start + length;
          applyMask(data, start, end, keyNumber(key), phase);
          const expected = maskByLoop(view, start, end, key, phase);
          if (hex(data) !== hex(expected)) wrong.push(`${length} ${alignment} ${start} ${phase}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

/** Whether masking in place equals the byte loop and masking again restores `before`. */
function isInvolution(before: Uint8Array, start: number, length: number, phase: number): boolean {
  const data = before.slice();
  applyMask(data, start, start + length, keyNumber(keyOctets), phase);
  if (!isMasked(data, before, start, start + length, phase)) return false;
  applyMask(data, start, start + length, keyNumber(keyOctets), phase);
  return isMasked(data, before, 0, 0, 0);
}

test("masking twice restores the bytes, for every offset, length up to 200 and phase", () => {
  const wrong: string[] = [];
  for (let offset = 0; offset <= 200; offset++) {
    for (let length = 0; length <= 200; length++) {
      const before = pattern(offset + length + 2, offset + length + 1);
      for (let phase = 0; phase < 4; phase++) {
        if (!isInvolution(before, offset, length, phase)) {
          wrong.push(`${offset} ${length} ${phase}`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("only the phase modulo 4 counts, for every phase and length up to 200", () => {
  const wrong: string[] = [];
  for (let phase = 0; phase <= 200; phase++) {
    for (let length = 0; length <= 200; length++) {
      const offset = (phase + length) % 5;
      const before = pattern(offset + length + 2, length + 1);
      if (!isInvolution(before, offset, length, phase)) wrong.push(`${length} ${phase}`);
    }
  }
  expect(wrong).toEqual([]);
});

test("accepts keys with any bit set, signed or unsigned", () => {
  for (const key of [
    [0, 0, 0, 0],
    [0xff, 0xff, 0xff, 0xff],
    [0x80, 0, 0, 0],
    [0, 0, 0, 1],
    [0xde, 0xad, 0xbe, 0xef],
  ]) {
    for (const number of [keyNumber(key), keyNumber(key) >>> 0]) {
      for (const length of [5, 150]) {
        const data = pattern(length);
        const expected = maskByLoop(data, 0, length, key, 0);
        applyMask(data, 0, length, number, 0);
        expect(hex(data)).toBe(hex(expected));
      }
    }
  }
});

const slice = fc
  .record({
    length: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 100_000 })),
    alignment: fc.nat({ max: 9 }),
    start: fc.nat({ max: 9 }),
    tail: fc.nat({ max: 9 }),
    key: fc.tuple(...[0, 1, 2, 3].map(() => fc.nat({ max: 255 }))),
    phase: fc.oneof(fc.nat({ max: 9 }), fc.nat({ max: 2 ** 32 })),
  })
  .map((input) => ({ ...input, end: input.start + input.length }));

test("equals the byte loop for long and unaligned parts, and modifies no other byte", () => {
  fc.assert(
    fc.property(slice, ({ alignment, start, end, tail, key, phase }) => {
      const memory = pattern(alignment + end + tail);
      const before = memory.slice();
      const expected = maskByLoop(memory.subarray(alignment), start, end, key, phase);
      applyMask(memory.subarray(alignment), start, end, keyNumber(key), phase);
      expect(hex(memory.subarray(alignment))).toBe(hex(expected));
      expect(hex(memory.subarray(0, alignment))).toBe(hex(before.subarray(0, alignment)));
    }),
    { numRuns: runs(60) },
  );
});

test("masking twice restores the bytes", () => {
  fc.assert(
    fc.property(slice, ({ alignment, start, end, key, phase }) => {
      const memory = pattern(alignment + end);
      const before = hex(memory);
      const view = memory.subarray(alignment);
      applyMask(view, start, end, keyNumber(key), phase);
      applyMask(view, start, end, keyNumber(key), phase);
      expect(hex(memory)).toBe(before);
    }),
    { numRuns: runs(60) },
  );
});

test("masking in two parts equals masking at once", () => {
  fc.assert(
    fc.property(slice, fc.nat({ max: 100_000 }), ({ length, key }, at) => {
      const whole = pattern(length);
      const parts = whole.slice();
      const border = Math.min(at, length);
      applyMask(whole, 0, length, keyNumber(key), 0);
      applyMask(parts, 0, border, keyNumber(key), 0);
      applyMask(parts, border, length, keyNumber(key), border);
      expect(hex(parts)).toBe(hex(whole));
    }),
    { numRuns: runs(60) },
  );
});

/** Lengths on both sides of each threshold between two ways of masking. */
const lengths = [0, 1, 3, 4, 5, 63, 111, 112, 113, 127, 128, 129, 383, 384, 385, 1024, 40_000];

describe("applyMask returns whether all bytes are ASCII", () => {
  test.each([...lengths, 32_768, 32_769])("%i bytes", (length) => {
    const key = keyNumber(keyOctets);
    for (let start = 0; start < 4; start++) {
      const plain = new Uint8Array(start + length + 4).fill(0xff);
      plain.fill(0x7f, start, start + length);
      applyMask(plain, start, start + length, key, 0);
      expect(applyMask(plain, start, start + length, key, 0)).toBe(true);
      for (const at of [0, 1, length >> 1, length - 2, length - 1].filter(
        (at) => at >= 0 && at < length,
      )) {
        plain[start + at] = 0x80;
        applyMask(plain, start, start + length, key, 0);
        expect(applyMask(plain, start, start + length, key, 0)).toBe(false);
        plain[start + at] = 0x41;
      }
    }
  });
});

/** Expects that `mask` copies and masks between any offsets and modifies no other byte. */
function expectMaskInto(mask: typeof maskInto): void {
  for (const length of lengths) {
    for (let start = 0; start < 4; start++) {
      for (let offset = 0; offset < 4; offset++) {
        // A whole array is masked differently from a part.
        const after = start === 0 ? 0 : 2;
        const source = pattern(start + length + after);
        const before = source.slice();
        const target = new Uint8Array(offset + length + 2).fill(0xee);
        mask(target, offset, source, start, start + length, keyNumber(keyOctets), 3);
        expect(hex(source)).toBe(hex(before));
        const expected = target.slice().fill(0xee);
        expected.set(source.subarray(start, start + length), offset);
        expect(isMasked(target, expected, offset, offset + length, 3)).toBe(true);
      }
    }
  }
}

test("maskInto masks while it copies between any offsets, and modifies no other byte", () => {
  expectMaskInto(maskInto);
});

describe("maskedSlice", () => {
  test("copies and masks parts of a chunk, whatever is masked in between", () => {
    const chunk = pattern(2_000);
    const take = (start: number, end: number, key = keyNumber(keyOctets)) =>
      hex(maskedSlice(chunk, start, end, key) ?? Uint8Array.of());
    const part = (start: number, end: number) =>
      hex(maskByLoop(chunk, start, end, keyOctets, 0).subarray(start, end));
    for (const [start, end] of [
      [0, 1],
      [6, 70],
      [74, 75],
      [79, 1_003],
      [1_003, 2_000],
    ])
      expect(take(start, end)).toBe(part(start, end));
    applyMask(pattern(500, 7), 0, 500, 1, 0);
    expect(take(100, 900)).toBe(part(100, 900));
    maskingScratch().fill(9);
    expect(take(900, 950, 0)).toBe(hex(chunk.slice(900, 950)));
    endSlices();
    chunk.fill(0x55);
    expect(take(100, 900)).toBe(part(100, 900));
  });

  test("masks the end of the longest chunk, from any start", () => {
    const chunk = pattern(65_521);
    for (let start = chunk.length - 200; start < chunk.length; start++) {
      const slice = maskedSlice(chunk, start, chunk.length, keyNumber(keyOctets));
      const expected = maskByLoop(chunk, start, chunk.length, keyOctets, 0).subarray(start);
      expect(hex(slice ?? [])).toBe(hex(expected));
      endSlices();
    }
  });

  test("returns undefined for a chunk that is too long or has lost its memory", () => {
    expect(maskedSlice(new Uint8Array(65_522), 6, 100, 1)).toBeUndefined();
    expect(maskedSlice(new Uint8Array(0), 6, 100, 1)).toBeUndefined();
    endSlices();
  });
});

test("maskFromScratch masks what was written to maskingScratch", () => {
  for (const length of lengths.filter((length) => length <= 1024)) {
    const before = pattern(length + 5);
    const target = before.slice();
    maskingScratch().set(before.subarray(3, 3 + length));
    maskFromScratch(target, 3, length, keyNumber(keyOctets));
    expect(isMasked(target, before, 3, 3 + length, 0)).toBe(true);
  }
});

test("both give the same result without WebAssembly", async () => {
  vi.stubGlobal("WebAssembly", undefined);
  vi.resetModules();
  try {
    const fresh: typeof import("../../src/mask/mask.ts") = await import("../../src/mask/mask.ts");
    expectMaskInto(fresh.maskInto);
    const before = pattern(5000);
    const data = before.slice();
    expect(fresh.applyMask(data, 1, 4999, keyNumber(keyOctets), 2)).toBe(false);
    expect(isMasked(data, before, 1, 4999, 2)).toBe(true);
    const plain = new Uint8Array(5000).fill(0x41);
    expect(fresh.applyMask(plain, 0, 5000, 0, 0)).toBe(true);
  } finally {
    vi.unstubAllGlobals();
    vi.resetModules();
  }
});

import { describe, expect, test, vi } from "vitest";
import { createSimdMask, SimdMask } from "../../src/mask/simd.ts";
import { hex, pattern } from "../bytes.ts";

const key = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);
/** The key's octets in memory order, whatever the machine's byte order is. */
const keyWord = new Int32Array(key.buffer)[0];

describe("createSimdMask", () => {
  const mask = createSimdMask();

  test("works on this runtime", () => {
    expect(mask).toBeInstanceOf(SimdMask);
  });

  test.each([1, 15, 16, 63, 64, 65, 1000, 32_767, 32_768, 32_769, 100_000])(
    "copies and masks %i bytes, and modifies no others",
    (length) => {
      for (const [start, offset] of [
        [0, 0],
        [3, 0],
        [1, 6],
        [14, 1],
        [17, 1],
      ]) {
        // Bytes that follow decide whether they are copied with those before them.
        const source = pattern(start + length + (offset === 1 ? 0 : 70));
        const before = source.slice();
        const target = new Uint8Array(offset + length + 70).fill(0xee);
        mask?.maskInto(target, offset, source, start, start + length, keyWord);
        const expected = target.slice().fill(0xee);
        for (let i = 0; i < length; i++) expected[offset + i] = before[start + i] ^ key[i % 4];
        expect(hex(target)).toBe(hex(expected));
        expect(hex(source)).toBe(hex(before));
      }
    },
  );

  test("copies and masks parts of a chunk, whatever is masked in between", () => {
    const chunk = pattern(2_000);
    const part = (start: number, end: number) =>
      hex(chunk.slice(start, end).map((byte, i) => byte ^ key[i % 4]));
    const take = (start: number, end: number, word = keyWord) =>
      hex(mask?.slice(chunk, start, end, word) ?? Uint8Array.of());
    for (const [start, end] of [
      [0, 1],
      [6, 70],
      [74, 75],
      [79, 1_003],
      [1_003, 2_000],
    ])
      expect(take(start, end)).toBe(part(start, end));
    mask?.maskInto(new Uint8Array(500), 0, pattern(500, 7), 0, 500, keyWord);
    expect(take(100, 900)).toBe(part(100, 900));
    expect(take(900, 950, 0)).toBe(hex(chunk.slice(900, 950)));
    mask?.forget();
    chunk.fill(0x55);
    expect(take(100, 900)).toBe(part(100, 900));
  });

  test("copies no part of a chunk that is too long or has lost its memory", () => {
    expect(mask?.slice(new Uint8Array(40_000), 6, 100, keyWord)).toBeUndefined();
    expect(mask?.slice(new Uint8Array(0), 6, 100, keyWord)).toBeUndefined();
  });

  test("masks in place", () => {
    const data = pattern(5000);
    const expected = data.map((byte, i) => byte ^ key[i % 4]);
    mask?.maskInto(data, 0, data, 0, data.length, keyWord);
    expect(hex(data)).toBe(hex(expected));
  });

  test.each([1, 15, 16, 17, 63, 64, 65, 80, 1024, 1025, 32_768])(
    "masks and copies %i bytes of its block, and returns whether they are ASCII",
    (length) => {
      const expected = new Uint8Array(length).fill(0x41);
      const target = new Uint8Array(length + 3);
      for (const at of [-1, 0, length >> 1, length - 1]) {
        // Bytes behind them do not count.
        mask?.block.fill(0xff);
        mask?.block.set(expected.map((byte, i) => (i === at ? 0xc1 : byte) ^ key[i % 4]));
        expect(mask?.maskOut(target, 3, length, keyWord)).toBe(at === -1);
        const result = expected.map((byte, i) => (i === at ? 0xc1 : byte));
        expect(hex(target)).toBe(`000000${hex(result)}`);
      }
    },
  );
});

describe("returns undefined if WebAssembly does not work", () => {
  test("because it does not exist", () => {
    vi.stubGlobal("WebAssembly", undefined);
    try {
      expect(createSimdMask()).toBeUndefined();
    } finally {
      vi.unstubAllGlobals();
    }
  });

  test("because it is not allowed or has no SIMD", () => {
    class Module {
      constructor() {
        throw new Error("refused to compile");
      }
    }
    class Instance {
      readonly exports = {};
    }
    expect(createSimdMask({ Module, Instance })).toBeUndefined();
  });
});

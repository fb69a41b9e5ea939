import { describe, expect, test, vi } from "vitest";
import { createMaskingBlock } from "../../src/mask/block.ts";
import { hex, pattern } from "../bytes.ts";

const key = Uint8Array.of(0xde, 0xad, 0xbe, 0xef);
/** The first octet lowest. */
const keyNumber = 0xefbeadde | 0;

/** Makes a block on a runtime without WebAssembly. */
function createPlain() {
  vi.stubGlobal("WebAssembly", undefined);
  try {
    return createMaskingBlock();
  } finally {
    vi.unstubAllGlobals();
  }
}

describe.each([
  ["by WebAssembly", createMaskingBlock()],
  ["by JavaScript", createPlain()],
])("a block that is masked %s", (kind, block) => {
  test("has 64 KiB", () => {
    expect(block.bytes.length).toBe(65_536);
    expect(block.mask.toString().includes("native code")).toBe(kind === "by WebAssembly");
  });

  test.each([1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 63, 64, 65, 80, 127, 128, 1000, 1024, 32_768])(
    "masks %i bytes and no others, and returns whether they are ASCII",
    (length) => {
      for (const start of [0, 1, 2, 3, 16, 30]) {
        for (const at of [-1, 0, length >> 1, length - 1]) {
          const expected = new Uint8Array(length).fill(0x41);
          if (at >= 0) expected[at] = 0xc1;
          // Bytes around them do not count.
          const around = block.bytes.fill(0xff).slice();
          block.bytes.set(
            expected.map((byte, i) => byte ^ key[i % 4]),
            start,
          );
          around.set(expected, start);
          expect(block.mask(start, start + length, keyNumber) === 0).toBe(at === -1);
          expect(block.bytes.every((byte, i) => byte === around[i])).toBe(true);
        }
      }
    },
  );

  test("masks again what it masked", () => {
    const data = pattern(5000);
    block.bytes.set(data, 6);
    block.mask(6, 5006, keyNumber);
    expect(hex(block.bytes.subarray(6, 14))).toBe(
      hex(data.subarray(0, 8).map((byte, i) => byte ^ key[i % 4])),
    );
    block.mask(6, 5006, keyNumber);
    expect(hex(block.bytes.subarray(6, 5006))).toBe(hex(data));
  });
});

test("is masked by JavaScript if WebAssembly is not allowed or has no SIMD", () => {
  class Module {
    constructor() {
      throw new Error("refused to compile");
    }
  }
  class Instance {
    readonly exports = { mask: () => 1, memory: { buffer: new ArrayBuffer(0) } };
  }
  const block = createMaskingBlock({ Module, Instance });
  block.bytes[0] = 0x41 ^ 0xde;
  expect([block.mask(0, 1, keyNumber), block.bytes[0]]).toEqual([0, 0x41]);
});

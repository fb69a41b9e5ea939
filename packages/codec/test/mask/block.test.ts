import { describe, expect, test, vi } from "vitest";
import { blockLength, createMaskingBlock } from "../../src/mask/block.ts";
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
  test("is what it says", () => {
    expect(block.bytes.length >= blockLength).toBe(true);
    expect(block.bytes.buffer.byteLength === 65_536).toBe(kind === "by WebAssembly");
  });

  test.each([1, 2, 3, 4, 15, 16, 17, 63, 64, 65, 80, 127, 128, 1000, 1024, 32_767, 32_768])(
    "masks %i bytes, and returns whether they are ASCII",
    (length) => {
      for (const at of [-1, 0, length >> 1, length - 1]) {
        const expected = new Uint8Array(length).fill(0x41);
        if (at >= 0) expected[at] = 0xc1;
        // Bytes behind them do not count.
        block.bytes.fill(0xff);
        block.bytes.set(expected.map((byte, i) => byte ^ key[i % 4]));
        expect(block.mask(length, keyNumber) === 0).toBe(at === -1);
        expect(hex(block.bytes.subarray(0, length))).toBe(hex(expected));
      }
    },
  );

  test("masks again what it masked", () => {
    const data = pattern(5000);
    block.bytes.set(data);
    block.mask(5000, keyNumber);
    expect(hex(block.bytes.subarray(0, 8))).toBe(
      hex(data.subarray(0, 8).map((byte, i) => byte ^ key[i % 4])),
    );
    block.mask(5000, keyNumber);
    expect(hex(block.bytes.subarray(0, 5000))).toBe(hex(data));
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
  expect([block.mask(1, keyNumber), block.bytes[0]]).toEqual([0, 0x41]);
});

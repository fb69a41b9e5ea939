import { expect, test } from "vitest";
import { isAscii, maskWords, WordView } from "../../src/mask/words.ts";
import { hex, pattern } from "../bytes.ts";
import { isMasked, keyNumber, keyOctets, maskByLoop } from "./oracle.ts";

test("maskWords equals applyMask for long payloads, also without SIMD", () => {
  for (const length of [16, 63, 64, 65, 127, 128, 129, 1024, 40_000]) {
    for (let start = 0; start < 4; start++) {
      const before = pattern(start + length + 3);
      const data = before.slice();
      maskWords(new WordView(data), start, start + length, keyNumber(keyOctets), 1);
      expect(isMasked(data, before, start, start + length, 1)).toBe(true);
    }
  }
});

test("isAscii checks all bytes between start and end, and no others", () => {
  const wrong: string[] = [];
  for (let length = 0; length <= 40; length++) {
    for (let alignment = 0; alignment < 4; alignment++) {
      for (let start = 0; start < 4; start++) {
        const chunk = new WordView(
          new Uint8Array(alignment + start + length + 2).subarray(alignment).fill(0xff),
        );
        chunk.bytes.fill(0x7f, start, start + length);
        if (!isAscii(chunk, start, start + length)) wrong.push(`${length} ${alignment} ${start}`);
        for (let at = start; at < start + length; at++) {
          chunk.bytes[at] = 0x80;
          if (isAscii(chunk, start, start + length)) wrong.push(`${length} ${start} ${at}`);
          chunk.bytes[at] = 0x41;
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("maskWords masks exactly the bytes between start and end, and returns whether they are ASCII", () => {
  const wrong: string[] = [];
  const key = keyNumber(keyOctets);
  for (let length = 0; length <= 40; length++) {
    for (let alignment = 0; alignment < 4; alignment++) {
      for (let start = 0; start < 8; start++) {
        for (const after of [0, 1, 2, 3, 5]) {
          const memory = pattern(alignment + start + length + after).map((byte) => byte & 0x7f);
          const plain = memory.subarray(alignment);
          const end = start + length;
          const masked = maskByLoop(plain, start, end, keyOctets, 1);
          const words = new WordView(masked.slice());
          const isPlain = maskWords(words, start, end, key, 1);
          const at = `${length} ${alignment} ${start} ${after}`;
          if (!isPlain || hex(words.bytes) !== hex(plain)) wrong.push(at);
          if (length === 0) continue;
          // One byte that is not ASCII, at any position.
          const other = start + ((length * 7 + start) % length);
          plain[other] |= 0x80;
          words.bytes.set(maskByLoop(plain, start, end, keyOctets, 1));
          if (maskWords(words, start, end, key, 1)) wrong.push(`${at}: ${other}`);
          if (hex(words.bytes) !== hex(plain)) wrong.push(`${at}: bytes`);
        }
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("a view of very few bytes may have no words", () => {
  const memory = new Uint8Array(7);
  for (let start = 0; start <= 7; start++) {
    for (let end = start; end <= 7; end++) {
      const { lead, words } = new WordView(memory.subarray(start, end));
      expect(words.length).toBe(Math.max(0, end - start - lead) >> 2);
    }
  }
});

import { expect, test } from "vitest";
import { isLent, markLent, maxCopiedLength } from "../../src/bytes/lent-bytes.ts";

test("markLent marks memory if the message in it is longer than maxCopiedLength", () => {
  for (const length of [0, 1, maxCopiedLength, maxCopiedLength + 1, 2 * maxCopiedLength]) {
    const memory = new Uint8Array(3 * maxCopiedLength);
    markLent(memory, length);
    expect(isLent(memory)).toBe(length > maxCopiedLength);
    expect(isLent(memory.subarray(10, 20))).toBe(length > maxCopiedLength);
    expect(isLent(new Uint8Array(10))).toBe(false);
  }
});

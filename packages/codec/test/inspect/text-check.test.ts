import { describe, expect, test } from "vitest";
import { lenientText, TextCheck } from "../../src/inspect/text-check.ts";
import { bytes, cut } from "../bytes.ts";

describe("the first byte that is not valid UTF-8", () => {
  test.each([
    ["ascii", "48 65 6c", undefined],
    ["a lone continuation byte", "48 80", 1],
    ["an overlong form", "48 e0 80 80", 2],
    ["a surrogate", "ed a0 80", 1],
    ["a character that breaks off", "e2 82 28 80", 2],
    ["several faults: the first", "61 ff 62 fe", 1],
    ["valid characters", "c3 a4 e2 82 ac f0 9f 98 80", undefined],
  ])("%s", (_, wire, invalidAt) => {
    for (const size of [1, 2, 100]) {
      const check = new TextCheck();
      const found: number[] = [];
      let before = 0;
      for (const piece of cut(bytes(wire), [size])) {
        const index = check.push(Uint8Array.of(0xff, ...piece), 1, piece.length + 1);
        if (index !== undefined) found.push(before + index - 1);
        before += piece.length;
      }
      expect(found).toEqual(invalidAt === undefined ? [] : [invalidAt]);
      expect([check.invalidAt, check.end()]).toEqual([invalidAt, false]);
    }
  });

  test("is the end of a text that ends within a character", () => {
    const check = new TextCheck();
    check.push(bytes("61 e2 82"), 0, 3);
    expect([check.end(), check.invalidAt]).toEqual([true, 3]);
  });
});

test("lenient text shows what is invalid and keeps a byte order mark", () => {
  expect(lenientText(bytes("ef bb bf 61 ff"))).toBe("\ufeffa\ufffd");
});

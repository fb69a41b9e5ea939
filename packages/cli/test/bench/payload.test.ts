import { expect, test } from "vitest";
import { isSame, Payloads } from "../../src/bench/payload.ts";

test.each([0, 1, 8, 9, 100, 70_000])("messages of %i bytes have that length", (size) => {
  for (const isBinary of [false, true]) {
    const payloads = new Payloads(size, isBinary);
    const [first, second] = [payloads.next(), payloads.next()];
    expect(first.length).toBe(size);
    expect(typeof first === "string").toBe(!isBinary);
    expect(isSame(first, first)).toBe(true);
    if (size >= 8) expect(isSame(first, second)).toBe(false);
  }
});

test("text is not the same as its bytes", () => {
  expect(isSame("a", Buffer.from("a"))).toBe(false);
  expect(isSame(Buffer.from("a"), Uint8Array.of(97))).toBe(true);
});

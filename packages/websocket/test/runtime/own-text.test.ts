import { expect, test } from "vitest";
import { ownText } from "../../src/runtime/own-text.ts";

test.each(["", "a", "€😀", "\ud800", "\udc00\ud800"])("%j is equal", (text) => {
  expect(ownText(text)).toBe(text);
});

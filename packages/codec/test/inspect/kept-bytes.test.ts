import { expect, test } from "vitest";
import { KeptBytes } from "../../src/inspect/kept-bytes.ts";
import { bytes, hex } from "../bytes.ts";

test("keeps pieces up to the limit and counts the rest", () => {
  const kept = new KeptBytes(5);
  const piece = bytes("01 02 03");
  kept.append(piece, 0, 3);
  expect(kept.isCut).toBe(false);
  piece.fill(0);
  kept.append(bytes("00 04 05 06 07"), 1, 5);
  kept.append(bytes("08"), 0, 1);
  expect([kept.length, kept.isCut, hex(kept.take())]).toEqual([8, true, "0102030405"]);
});

test("takes memory for what arrives, in doubling steps, not for what may arrive", () => {
  const kept = new KeptBytes(2 ** 40);
  for (const length of [2, 1, 1, 2]) kept.append(bytes("aabb"), 0, length);
  const all = kept.take();
  expect(hex(all)).toBe("aabbaaaaaabb");
  expect(all.buffer.byteLength).toBe(6);
  expect(new KeptBytes(9).take()).toEqual(new Uint8Array(0));
});

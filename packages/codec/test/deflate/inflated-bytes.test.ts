import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { Allocator } from "../../src/bytes/message-buffer.ts";
import { InflatedBytes } from "../../src/deflate/inflated-bytes.ts";
import { MessageMemory } from "../../src/message/message-memory.ts";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";
import { noise } from "../deflate/compressors.ts";

const pieceLength = 1_048_576;
const source = noise(5_000_000);

/** Adds `length` bytes in steps, as an inflator does. Returns false if there is no memory. */
function fill(inflated: InflatedBytes, length: number, step = 65_536): boolean {
  for (let at = 0; at < length; at += step) {
    const taken = Math.min(step, length - at);
    if (!inflated.append(source.subarray(at, at + step), taken)) return false;
  }
  return true;
}

/** Joins the bytes in turns of at most `most` bytes. */
function join(inflated: InflatedBytes, most: number): { message: Uint8Array; turns: number } {
  for (let turns = 1; turns < 1000; turns++) {
    const message = inflated.join(most);
    if (message !== undefined) return { message, turns };
  }
  throw new Error("it is never joined");
}

test("gathers any bytes, joins them in turns and releases all memory", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(
        0,
        1,
        65_536,
        pieceLength - 1,
        pieceLength,
        pieceLength + 1,
        3_000_000,
        5_000_000,
      ),
      fc.constantFrom(1000, 65_535, 65_536),
      fc.constantFrom(1, 1_000_000, 1_500_000, Number.POSITIVE_INFINITY),
      fc.constantFrom(0, 2_000_000, 2 ** 40),
      (length, step, most, limit) => {
        const receiveMemory = new ReceiveMemory(limit);
        const inflated = new InflatedBytes(new MessageMemory({ receiveMemory }));
        const fits = fill(inflated, length, step);
        expect(receiveMemory.used).toBeLessThanOrEqual(limit);
        if (limit > 1e9 || length === 0) expect(fits).toBe(true);
        if (length > limit) expect(fits).toBe(false);
        if (fits) {
          expect(receiveMemory.used).toBeGreaterThanOrEqual(length);
          const { message, turns } = join(inflated, most);
          expect(Buffer.compare(message, source.subarray(0, length))).toBe(0);
          expect(message.buffer.byteLength).toBe(length);
          // Each turn joins at least one whole piece.
          expect(turns).toBeLessThanOrEqual(1 + Math.ceil(length / (pieceLength - 65_536)));
          if (most === 1 && length > 3 * pieceLength) expect(turns).toBeGreaterThan(3);
        } else inflated.drop();
        expect(receiveMemory.used).toBe(0);
      },
    ),
    { numRuns: runs(60) },
  );
});

test("allocates the message once, and otherwise at most twice the length of a piece", () => {
  const lengths: number[] = [];
  const memory: Allocator = {
    allocate(length) {
      lengths.push(length);
      return new Uint8Array(length).fill(0xee);
    },
  };
  const inflated = new InflatedBytes(memory);
  expect(fill(inflated, 3_000_000)).toBe(true);
  expect(Math.max(...lengths)).toBeLessThanOrEqual(2 * pieceLength);
  const before = lengths.length;
  const { message } = join(inflated, 1);
  expect(lengths.slice(before)).toEqual([3_000_000]);
  expect(Buffer.compare(message, source.subarray(0, 3_000_000))).toBe(0);
});

test("drop drops all bytes, also those already joined", () => {
  const receiveMemory = new ReceiveMemory(1e9);
  const inflated = new InflatedBytes(new MessageMemory({ receiveMemory }));
  for (const joins of [0, 1, 2]) {
    fill(inflated, 4_000_000);
    for (let turn = 0; turn < joins; turn++) expect(inflated.join(1)).toBeUndefined();
    expect(receiveMemory.used).toBeGreaterThan(3_000_000);
    inflated.drop();
    expect(receiveMemory.used).toBe(0);
    expect(inflated.join(1)).toEqual(new Uint8Array(0));
  }
});

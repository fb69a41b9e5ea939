import { describe, expect, test } from "vitest";
import {
  CompressorPool,
  deflatorMemory,
  inflatorMemory,
} from "../../src/deflate/compressor-pool.ts";
import { bytes, hex } from "../bytes.ts";
import { CountedCompressors } from "./compressors.ts";

const unlimited = Number.MAX_SAFE_INTEGER;
const hello = bytes("f2 48 cd c9 c9 07 00");

describe("the estimates", () => {
  test("are at least zlib's formulas for window and memory (zconf.h)", () => {
    for (let bits = 9; bits <= 15; bits++) {
      // "(1 << (windowBits+2)) + (1 << (memLevel+9))" for deflate, the window for inflate.
      for (let level = 1; level <= 9; level++) {
        const least = 2 ** (bits + 2) + 2 ** (level + 9);
        expect(deflatorMemory(bits, level), `${bits}, ${level}`).toBeGreaterThanOrEqual(least);
      }
      expect(inflatorMemory(bits)).toBeGreaterThanOrEqual(2 ** bits + 7 * 1024);
    }
  });

  test("have these values for both sets of defaults", () => {
    expect([deflatorMemory(15, 8), inflatorMemory(15)]).toEqual([286_720, 53_248]);
    expect([deflatorMemory(12, 5), inflatorMemory(12)]).toEqual([172_032, 24_576]);
  });

  test("grow with the window and with memLevel", () => {
    expect(deflatorMemory(15, 8)).toBeGreaterThan(deflatorMemory(14, 8));
    expect(deflatorMemory(15, 9)).toBeGreaterThan(deflatorMemory(15, 8));
    // Below memLevel 8 the hash table keeps its size on Node and Deno.
    expect(deflatorMemory(15, 1)).toBe(deflatorMemory(15, 8));
  });
});

describe("CompressorPool", () => {
  test("reserves up to the limit exactly", () => {
    const pool = new CompressorPool(new CountedCompressors());
    expect(pool.reserve(60, 100)).toBe(true);
    expect(pool.reserve(41, 100)).toBe(false);
    expect(pool.memory).toBe(60);
    expect(pool.reserve(40, 100)).toBe(true);
    expect(pool.memory).toBe(100);
    pool.release(100);
    expect(pool.memory).toBe(0);
  });

  test("opens compressors without reserving memory for them", () => {
    const counted = new CountedCompressors();
    const pool = new CompressorPool(counted);
    const deflator = pool.openDeflator(15, 6, 8);
    const inflator = pool.openInflator(15);
    expect(pool.memory).toBe(0);
    expect(hex(deflator.deflate(bytes("48 65 6c 6c 6f"), 0, 5))).toBe(hex(hello));
    deflator.close();
    inflator.close();
    expect(counted.open.size).toBe(0);
  });

  test("shares one deflator for each window, level and memLevel", () => {
    const counted = new CountedCompressors();
    const pool = new CompressorPool(counted);
    const first = pool.shareDeflator(15, 6, 8, unlimited);
    expect(pool.shareDeflator(15, 6, 8, unlimited)).toBe(first);
    expect(pool.memory).toBe(deflatorMemory(15, 8));
    const others = [
      pool.shareDeflator(14, 6, 8, unlimited),
      pool.shareDeflator(15, 5, 8, unlimited),
      pool.shareDeflator(15, 6, 7, unlimited),
      pool.shareDeflator(15, 6, 9, unlimited),
    ];
    expect(new Set([first, ...others]).size).toBe(5);
    expect(pool.memory).toBe(
      3 * deflatorMemory(15, 8) + deflatorMemory(14, 8) + deflatorMemory(15, 9),
    );
    expect(counted.deflators).toHaveLength(5);
  });

  test("opens no shared deflator beyond the limit, but still shares open ones", () => {
    const pool = new CompressorPool(new CountedCompressors());
    const most = deflatorMemory(15, 8) + deflatorMemory(14, 8) - 1;
    const first = pool.shareDeflator(15, 6, 8, most);
    expect(first).toBeDefined();
    expect(pool.shareDeflator(14, 6, 8, most)).toBeUndefined();
    expect(pool.shareDeflator(15, 6, 8, 0)).toBe(first);
    expect(pool.memory).toBe(deflatorMemory(15, 8));
  });

  test("lends only as many inflators as memory allows", () => {
    const counted = new CountedCompressors();
    const pool = new CompressorPool(counted);
    const most = 2 * inflatorMemory(15);
    const [first, second, third] = [1, 2, 3].map(() => pool.acquireInflator(most));
    expect(first).toBeDefined();
    expect(second).toBeDefined();
    expect(third).toBeUndefined();
    if (first === undefined) return;
    pool.releaseInflator(first);
    expect(pool.acquireInflator(0)).toBe(first);
    expect(pool.memory).toBe(most);
  });

  test("resets an inflator that is returned", () => {
    const pool = new CompressorPool(new CountedCompressors());
    const inflator = pool.acquireInflator(unlimited);
    if (inflator === undefined) throw new Error("there is none");
    inflator.push(hello, 0, 3, false);
    inflator.next();
    pool.releaseInflator(inflator);
    expect(pool.acquireInflator(unlimited)).toBe(inflator);
    inflator.push(hello, 0, hello.length, true);
    expect(hex(inflator.output.slice(0, inflator.next()))).toBe("48656c6c6f");
  });

  test("keeps eight idle inflators and closes the others", () => {
    const counted = new CountedCompressors();
    const pool = new CompressorPool(counted);
    const lent = Array.from({ length: 12 }, () => pool.acquireInflator(unlimited));
    expect(pool.memory).toBe(12 * inflatorMemory(15));
    for (const inflator of lent) if (inflator !== undefined) pool.releaseInflator(inflator);
    expect(pool.memory).toBe(8 * inflatorMemory(15));
    expect(counted.open.size).toBe(8);
  });
});

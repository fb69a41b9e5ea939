import * as zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { Inflator } from "../../src/deflate/compressor.ts";
import { bytes, concat, hex, pattern } from "../bytes.ts";
import { compressors, deflateMessage, noise, tail } from "./compressors.ts";

// The contract of `Compressors`, tested with the compressors that all runtimes have.

function inflatePieces(inflator: Inflator, pieces: readonly Uint8Array[]): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  for (const [index, piece] of pieces.entries()) {
    inflator.push(piece, 0, piece.length, index === pieces.length - 1);
    do {
      const length = inflator.next();
      if (length < 0) return undefined;
      expect(length).toBeLessThanOrEqual(65_536);
      parts.push(inflator.output.slice(0, length));
    } while (!inflator.done);
  }
  return concat(parts);
}

function inflateAll(inflator: Inflator, message: Uint8Array): string | undefined {
  const whole = inflatePieces(inflator, [message]);
  return whole === undefined ? undefined : hex(whole);
}

const byPublicZlib = (compressed: Uint8Array): Uint8Array =>
  zlib.inflateRawSync(concat([compressed, tail]), { finishFlush: zlib.constants.Z_SYNC_FLUSH });

describe("a deflator", () => {
  test("reads from start to end, and returns the message without its tail", () => {
    const deflator = compressors.openDeflator(15, 6, 8);
    const hello = new TextEncoder().encode("<<Hello>>");
    expect(hex(deflator.deflate(hello, 2, 7))).toBe("f248cdc9c90700");
    // RFC 7692 section 7.2.3.2: the second message refers to the first.
    expect(hex(deflator.deflate(hello, 2, 7))).toBe("f200110000");
    deflator.reset();
    expect(hex(deflator.deflate(hello, 2, 7))).toBe("f248cdc9c90700");
    expect(new TextDecoder().decode(hello)).toBe("<<Hello>>");
    deflator.close();
  });

  test("returns one byte for an empty message (RFC 7692 section 7.2.3.6)", () => {
    const deflator = compressors.openDeflator(15, 6, 8);
    const hello = new TextEncoder().encode("Hello");
    expect(hex(deflator.deflate(hello, 5, 5))).toBe("00");
    deflator.deflate(hello, 0, 5);
    expect(hex(deflator.deflate(hello, 0, 0))).toBe("00");
    expect(hex(deflator.deflate(hello, 0, 5))).toBe("f200110000");
    deflator.close();
  });

  test("flushes correctly with any space left in its output buffer", () => {
    const deflator = compressors.openDeflator(15, 1, 9);
    const data = noise(65_600);
    for (let length = 65_480; length <= 65_560; length++) {
      deflator.reset();
      const compressed = deflator.deflate(data, 0, length);
      const back = byPublicZlib(compressed);
      if (Buffer.compare(back, data.subarray(0, length)) !== 0) expect.fail(`length ${length}`);
    }
    deflator.close();
  });

  test("compresses huge messages", () => {
    const deflator = compressors.openDeflator(15, 1, 8);
    const data = noise(3_000_000);
    expect(Buffer.compare(byPublicZlib(deflator.deflate(data, 0, data.length)), data)).toBe(0);
    deflator.close();
  });

  test("node:zlib reads its output for any window, level and memLevel", () => {
    const data = concat([pattern(5000), new Uint8Array(5000), pattern(5000)]);
    for (let windowBits = 9; windowBits <= 15; windowBits++) {
      for (let effort = 1; effort <= 9; effort++) {
        const deflator = compressors.openDeflator(windowBits, effort, 10 - effort);
        const compressed = deflator.deflate(data, 0, data.length);
        expect(Buffer.compare(byPublicZlib(compressed), data)).toBe(0);
        deflator.close();
      }
    }
  });
});

describe("an inflator", () => {
  test("returns a message in pieces of at most 64 KiB, one for each call of next", () => {
    const inflator = compressors.openInflator(15);
    const bomb = deflateMessage(new Uint8Array(1_000_000));
    inflator.push(bomb, 0, bomb.length, true);
    expect(inflator.next()).toBe(65_536);
    expect(inflator.done).toBe(false);
    inflator.reset();
    expect(inflateAll(inflator, bytes("f2 48 cd c9 c9 07 00"))).toBe("48656c6c6f");
    inflator.close();
  });

  test("handles output that exactly fills its buffer", () => {
    const inflator = compressors.openInflator(15);
    for (const length of [65_535, 65_536, 65_537, 131_072]) {
      const data = noise(length, length);
      const compressed = deflateMessage(data);
      for (const at of [0, 1, 8192, compressed.length - 1, compressed.length]) {
        const pieces = [compressed.subarray(0, at), compressed.subarray(at)];
        expect(Buffer.compare(inflatePieces(inflator, pieces) as Uint8Array, data)).toBe(0);
      }
    }
    inflator.close();
  });

  test("reads from start to end, and keeps its window until it is reset", () => {
    const inflator = compressors.openInflator(15);
    const framed = bytes("ff f2 48 cd c9 c9 07 00 ff");
    inflator.push(framed, 1, 8, true);
    expect(hex(inflator.output.slice(0, inflator.next()))).toBe("48656c6c6f");
    expect(inflator.done).toBe(true);
    expect(inflateAll(inflator, bytes("f2 00 11 00 00"))).toBe("48656c6c6f");
    inflator.reset();
    expect(inflateAll(inflator, bytes("f2 00 11 00 00"))).toBeUndefined();
    inflator.close();
  });

  test.each([
    ["a block type that does not exist", "06"],
    ["a stored block whose lengths do not agree", "00 05 00 fa fe 48 65 6c 6c 6f"],
    ["a distance before the beginning", "f2 00 11 00 00"],
    ["more codes than there are lengths", "fc 00 00"],
  ])("detects %s, and can be used again after a reset", (_, broken) => {
    const inflator = compressors.openInflator(15);
    for (let turn = 0; turn < 3; turn++) {
      expect(inflateAll(inflator, bytes(broken))).toBeUndefined();
      inflator.reset();
      expect(inflateAll(inflator, bytes("f2 48 cd c9 c9 07 00"))).toBe("48656c6c6f");
      inflator.reset();
    }
    inflator.close();
  });

  test("reads messages of any blocks in any pieces, also with the smallest windows", () => {
    const inflators = [8, 9, 12, 15].map((bits) => [bits, compressors.openInflator(bits)] as const);
    const part = fc.record({
      data: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.nat({ max: 20_000 }).map(pattern)),
      level: fc.integer({ min: 0, max: 9 }),
      isFinal: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(...inflators),
        fc.array(part, { maxLength: 5 }),
        fc.array(fc.integer({ min: 0, max: 9000 }), { minLength: 1, maxLength: 8 }),
        ([windowBits, inflator], parts, sizes) => {
          const { Z_SYNC_FLUSH, Z_FINISH } = zlib.constants;
          const blocks = parts.map(({ data, level, isFinal }) =>
            zlib.deflateRawSync(data, {
              level: windowBits === 8 ? 0 : level,
              windowBits: Math.max(windowBits, 9),
              finishFlush: isFinal ? Z_FINISH : Z_SYNC_FLUSH,
            }),
          );
          const message = concat([...blocks, bytes("00")]);
          const pieces: Uint8Array[] = [];
          for (let at = 0, turn = 0; at < message.length || turn === 0; turn++) {
            const size = turn < sizes.length ? sizes[turn] : message.length;
            pieces.push(message.subarray(at, at + size));
            at += size;
          }
          inflator.reset();
          const expected = concat(parts.map(({ data }) => data));
          expect(hex(inflatePieces(inflator, pieces) as Uint8Array)).toBe(hex(expected));
        },
      ),
      { numRuns: runs(300) },
    );
    for (const [, inflator] of inflators) inflator.close();
  });

  test("counts each restart after a block with BFINAL as work", () => {
    const inflator = compressors.openInflator(15);
    const message = concat([bytes("03 00 03 00 03 00"), bytes("f2 48 cd c9 c9 07 00")]);
    inflator.push(message, 0, message.length, true);
    let work = 0;
    while (!inflator.done) {
      inflator.next();
      work += inflator.extraWork ?? 0;
    }
    expect(work).toBe(3 * 4_096);
    inflator.push(bytes("f2 48 cd c9 c9 07 00"), 0, 7, true);
    inflator.next();
    expect(inflator.extraWork).toBe(0);
    inflator.close();
  });

  test("accepts up to 256 blocks with BFINAL in one message, in any pieces", () => {
    const inflator = compressors.openInflator(15);
    // An empty block with fixed codes and BFINAL is two bytes long.
    const blocks = (count: number) =>
      concat([
        ...Array.from({ length: count }, () => bytes("03 00")),
        bytes("f2 48 cd c9 c9 07 00"),
      ]);
    for (const [count, expected] of [
      [256, "48656c6c6f"],
      [257, undefined],
    ] as const) {
      for (const size of [1, 2, 7, 100, 1000]) {
        const message = blocks(count);
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < message.length; at += size)
          pieces.push(message.subarray(at, at + size));
        const whole = inflatePieces(inflator, pieces);
        inflator.reset();
        expect(whole && hex(whole)).toBe(expected);
      }
    }
    // The count starts at 0 for each message.
    for (let turn = 0; turn < 3; turn++) {
      expect(inflateAll(inflator, blocks(200))).toBe("48656c6c6f");
    }
    inflator.close();
  });
});

test("compressors may be closed twice, and throw when used after close", () => {
  const deflator = compressors.openDeflator(9, 1, 1);
  const inflator = compressors.openInflator(8);
  for (const compressor of [deflator, inflator]) {
    compressor.close();
    compressor.close();
    expect(() => compressor.reset()).toThrow("closed");
  }
  expect(() => deflator.deflate(bytes("01"), 0, 1)).toThrow("closed");
  expect(() => {
    inflator.push(bytes("00"), 0, 1, true);
    inflator.next();
  }).toThrow("closed");
});

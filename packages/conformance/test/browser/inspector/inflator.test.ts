import zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PakoInflator } from "../../../../../examples/inspector/page/inflator.ts";
import { runs } from "../../../../../test-depth.ts";
import { ReferenceInflator } from "../../../../codec/test/oracle/inflate.ts";

/** Decompresses one message, or returns undefined if it is not DEFLATE data. */
function inflate(inflator: PakoInflator, payload: Uint8Array): Uint8Array | undefined {
  const parts: Uint8Array[] = [];
  inflator.push(payload, 0, payload.length, true);
  do {
    const length = inflator.next();
    if (length < 0) return undefined;
    expect(length).toBeLessThanOrEqual(65_536);
    parts.push(inflator.output.slice(0, length));
  } while (!inflator.done);
  return new Uint8Array(Buffer.concat(parts));
}

const same = (bytes: Uint8Array | undefined) => bytes && Buffer.from(bytes).toString("hex");

describe("messages with one window", () => {
  test("of RFC 7692 section 7.2.3", () => {
    const inflator = new PakoInflator(15);
    const texts = [
      "f248cdc9c90700",
      "f200110000",
      "000500faff48656c6c6f00",
      "f348cdc9c9070000",
      "f24805000000ffffcac9c90700",
    ].map((digits) => Buffer.from(inflate(inflator, Buffer.from(digits, "hex")) ?? []).toString());
    expect(texts).toEqual(Array(5).fill("Hello"));
  });

  test("are those of node:zlib, damaged or not", () => {
    const message = fc.record({
      text: fc.string({ maxLength: 400 }),
      at: fc.nat(),
      flip: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: 255 })),
    });
    fc.assert(
      fc.property(fc.array(message, { maxLength: 4 }), fc.boolean(), (messages, isFinal) => {
        const inflator = new PakoInflator(15);
        const reference = new ReferenceInflator(true);
        for (const { text, at, flip } of messages) {
          const finishFlush = isFinal ? zlib.constants.Z_FINISH : zlib.constants.Z_SYNC_FLUSH;
          const whole = new Uint8Array(zlib.deflateRawSync(text.repeat(3), { finishFlush }));
          const payload = isFinal ? new Uint8Array([...whole, 0]) : whole.slice(0, -4);
          payload[at % payload.length] ^= flip;
          const expected = reference.inflate(payload, 1 << 20);
          expect(same(inflate(inflator, payload))).toBe(same(expected));
          if (expected === undefined) return;
        }
      }),
      { numRuns: runs(500) },
    );
  });
});

test("a bomb comes in pieces, and stops when nobody asks for more", () => {
  const bomb = new Uint8Array(zlib.deflateRawSync(Buffer.alloc(50_000_000)));
  const inflator = new PakoInflator(15);
  inflator.push(bomb, 0, bomb.length, false);
  expect([inflator.next(), inflator.next(), inflator.done]).toEqual([65_536, 65_536, false]);
  inflator.reset();
  expect(inflator.done).toBe(true);
  inflator.close();
});

test("parts of a message, and bytes that their owner reuses", () => {
  const inflator = new PakoInflator(15);
  const payload = Uint8Array.from([0, 0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00]);
  let text = "";
  const drain = () => {
    do {
      const length = inflator.next();
      text += Buffer.from(inflator.output.subarray(0, length)).toString();
    } while (!inflator.done);
  };
  inflator.push(payload, 1, 4, false);
  drain();
  inflator.push(payload, 4, 8, true);
  inflator.retain();
  payload.fill(0);
  drain();
  expect(text).toBe("Hello");
});

test("too many final blocks are refused", () => {
  const payload = new Uint8Array(600).map((_, index) => (index % 2 === 0 ? 3 : 0));
  expect(inflate(new PakoInflator(15), payload)).toBeUndefined();
});

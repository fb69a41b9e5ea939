import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { OutputQueue } from "../../src/connection/output.ts";
import { queueCompressed, queueFrame } from "../../src/connection/output-frames.ts";
import { standardTextCoding, type TextCoding } from "../../src/utf8.ts";
import { allocationsOf } from "../allocations.ts";
import { anyText } from "../arbitraries.ts";
import { bytes, concat, hex } from "../bytes.ts";
import {
  deflateFor,
  deflateMessage,
  noise,
  settingsFor,
  takeover,
} from "../deflate/compressors.ts";
import { readFrames } from "../oracle/frame-reader.ts";

/** Takes all waiting output. */
function drain(output: OutputQueue): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let next = output.peek(); next !== undefined; next = output.peek()) {
    parts.push(next.slice());
    output.advance(next.length);
  }
  return concat(parts);
}

/** Whether a message is queued compressed with this threshold. Otherwise nothing is queued. */
function isQueued(data: string | Uint8Array, threshold: number): boolean {
  const output = new OutputQueue();
  const deflate = deflateFor(settingsFor({ threshold }), takeover);
  const queued = queueCompressed(output, data, undefined, deflate);
  expect(output.length > 0).toBe(queued);
  deflate.close();
  return queued;
}

describe("queueCompressed", () => {
  test("queues one frame with RSV1, masked or not (RFC 7692 section 7.2.3.1)", () => {
    const output = new OutputQueue();
    const deflate = deflateFor(settingsFor(), takeover);
    expect(queueCompressed(output, "Hello", undefined, deflate)).toBe(true);
    expect(queueCompressed(output, bytes("48 65 6c 6c 6f"), 0x01020304, deflate)).toBe(true);
    expect(hex(drain(output))).toBe("c107f248cdc9c90700c28501020304f302120401");
    deflate.close();
  });

  test.each([
    ["a", 1],
    ["é", 2],
    ["€", 3],
    ["😀", 4],
    ["\ud800", 3],
  ])("counts the threshold in bytes of UTF-8: %j", (character, length) => {
    for (const count of [1, 7, 100]) {
      const message = character.repeat(count);
      // Two lone surrogates of the same kind do not form a pair.
      expect(isQueued(message, count * length)).toBe(true);
      expect(isQueued(message, count * length + 1)).toBe(false);
      const data = new TextEncoder().encode(message);
      expect(isQueued(data, data.length)).toBe(true);
      expect(isQueued(data, data.length + 1)).toBe(false);
    }
  });

  test("encodes any text as without compression, with lone surrogates as U+FFFD", () => {
    fc.assert(
      fc.property(anyText, fc.constantFrom(1, 300, 9000), (unit, count) => {
        const text = unit.repeat(count);
        const output = new OutputQueue();
        const deflate = deflateFor(settingsFor(), takeover);
        expect(queueCompressed(output, text, undefined, deflate)).toBe(true);
        const [{ opcode, payload }] = readFrames(drain(output)).frames;
        expect(opcode).toBe(1);
        const expected = new TextEncoder().encode(text);
        expect(hex(payload) === hex(expected.length > 0 ? deflateMessage(expected) : [0])).toBe(
          true,
        );
        deflate.close();
      }),
      { numRuns: runs(100) },
    );
  });

  test("allocates memory for text only above 64 KiB", () => {
    const deflate = deflateFor(settingsFor());
    const output = new OutputQueue();
    const queue = (text: string) => {
      expect(queueCompressed(output, text, undefined, deflate)).toBe(true);
      drain(output);
    };
    // The scratch memory has to fit the longest header as well.
    for (const length of [100, 20_000, 65_500, 100]) queue("a".repeat(length));
    const most = (text: string) => Math.max(0, ...allocationsOf(() => queue(text)));
    expect(most("a".repeat(20_000))).toBeLessThan(20_000);
    expect(most("a".repeat(100_000))).toBeGreaterThanOrEqual(100_000);
  });

  test("encodes text with the given TextCoding", () => {
    const coding: TextCoding = {
      ...standardTextCoding,
      writeUtf8: (text, out, offset) =>
        standardTextCoding.writeUtf8(text.toUpperCase(), out, offset),
    };
    const output = new OutputQueue();
    const deflate = deflateFor(settingsFor(), takeover);
    queueCompressed(output, "hello", undefined, deflate, coding);
    const shouted = deflateMessage(new TextEncoder().encode("HELLO"));
    expect(hex(drain(output).subarray(2))).toBe(hex(shouted));
    deflate.close();
  });

  test("queues nothing if compression would not make the message shorter", () => {
    const deflate = deflateFor();
    const output = new OutputQueue();
    expect(queueCompressed(output, "Hello", undefined, deflate)).toBe(false);
    expect(queueCompressed(output, noise(2000), 0, deflate)).toBe(false);
    expect(output.length).toBe(0);
  });

  test("modifies neither the caller's bytes nor messages queued before", () => {
    const deflate = deflateFor();
    const data = new Uint8Array(70_000).fill(7);
    const output = new OutputQueue();
    queueCompressed(output, data, 0x01020304, deflate);
    expect(data.every((byte) => byte === 7)).toBe(true);
    queueCompressed(output, new Uint8Array(90_000).fill(8), undefined, deflate);
    const { frames } = readFrames(drain(output));
    expect(frames.map(({ payload }) => hex(payload))).toEqual([
      hex(deflateMessage(data)),
      hex(deflateMessage(new Uint8Array(90_000).fill(8))),
    ]);
  });
});

test("queueFrame writes the first byte as it is", () => {
  const output = new OutputQueue();
  queueFrame(output, 0xc2, bytes("00"), undefined);
  queueFrame(output, 0x82, bytes("00"), undefined);
  expect(hex(drain(output))).toBe("c20100820100");
});

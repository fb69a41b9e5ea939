import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { MessageSlab } from "../../src/message/message-slab.ts";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";
import { hex, pattern } from "../bytes.ts";

// The process has eight gather buffers. Connections of other test files may still hold some, so
// this file has its own.
vi.resetModules();
const { isLent, maxCopiedLength } = await import("../../src/bytes/lent-bytes.ts");
const { MessageMemory, trimGatherBuffers } = await import("../../src/message/message-memory.ts");
type MessageMemory = InstanceType<typeof MessageMemory>;

/** Copies consecutive messages in one chunk, masked with a key of zeros. */
function copyAll(memory: MessageMemory, chunk: Uint8Array, lengths: readonly number[]) {
  const copies: Uint8Array[] = [];
  let start = 0;
  for (const length of lengths) {
    const end = start + length;
    copies.push(memory.copy(chunk, start, end, 0, chunk.length - end));
    start = end;
  }
  memory.endBurst();
  return copies;
}

const buffersOf = (copies: readonly Uint8Array[]) => new Set(copies.map(({ buffer }) => buffer));

describe("MessageMemory", () => {
  test("returns copies that no later message or chunk changes", () => {
    const burst = fc.array(fc.oneof(fc.nat({ max: 1100 }), fc.nat({ max: 70 })), { maxLength: 30 });
    const limit = fc.option(fc.nat({ max: 200 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(burst, { maxLength: 3 }), limit, limit, (bursts, shared, sliced) => {
        const options = sliced === undefined ? {} : { slicedFrom: sliced };
        const memory = new MessageMemory({ sharedFrom: shared ?? 65, ...options });
        const kept: [Uint8Array, string][] = [];
        for (const [seed, lengths] of bursts.entries()) {
          const total = lengths.reduce((sum, length) => sum + length, 0);
          const chunk = pattern(total + 1, seed + 1).subarray(1);
          const expected = hex(chunk);
          let start = 0;
          for (const copy of copyAll(memory, chunk, lengths)) {
            kept.push([copy, expected.slice(2 * start, 2 * (start + copy.length))]);
            expect(copy.buffer).not.toBe(chunk.buffer);
            expect(copy.buffer.byteLength).toBeLessThanOrEqual(Math.max(8192, copy.length));
            start += copy.length;
          }
          chunk.fill(0xee);
        }
        for (const [copy, expected] of kept) expect(hex(copy)).toBe(expected);
      }),
    );
  });

  test("keeps a chunk only for messages from keepFrom on that fill at least eight ninths of it", () => {
    const memory = new MessageMemory({ keepFrom: 160 });
    expect(memory.mayHandOverChunk(160, new Uint8Array(180))).toBe(true);
    expect(memory.mayHandOverChunk(160, new Uint8Array(181))).toBe(false);
    expect(memory.mayHandOverChunk(160, new Uint8Array(181).subarray(0, 170))).toBe(false);
    expect(memory.mayHandOverChunk(159, new Uint8Array(159))).toBe(false);
    expect(new MessageMemory({}).mayHandOverChunk(1e6, new Uint8Array(1e6))).toBe(false);
  });

  test("unmasks while it copies", () => {
    const memory = new MessageMemory({ sharedFrom: 10 });
    const chunk = new Uint8Array(500);
    for (const [start, end] of [
      [0, 5],
      [5, 35],
      [35, 335],
      [335, 500],
    ]) {
      const copy = memory.copy(chunk, start, end, 0x01020304, 500 - end);
      expect(Array.from(copy)).toEqual(Array.from(copy, (_, i) => (i % 4) + 1));
    }
  });

  test("messages from slicedFrom to 8 KiB have memory of their own", () => {
    const memory = new MessageMemory({ slicedFrom: 100, sharedFrom: 1 });
    const chunk = pattern(20_000);
    const copies = copyAll(memory, chunk, [99, 100, 1_000, 8_192, 8_193, 50]);
    expect(hex(copies[3])).toBe(hex(chunk.subarray(1_199, 9_391)));
    expect(copies.map((copy) => copy.buffer.byteLength === copy.length)).toEqual(
      // The shared copy has 8 KiB.
      [false, true, true, true, true, false],
    );
  });

  test("messages of a chunk of more than 64 KiB are copied in another way than by slices", () => {
    for (const length of [60_000, 65_537]) {
      const memory = new MessageMemory({ slicedFrom: 100, sharedFrom: 1 });
      const chunk = pattern(length);
      const copies = copyAll(memory, chunk, [1_000, 1_000]);
      expect(copies.map(hex)).toEqual([
        hex(chunk.subarray(0, 1_000)),
        hex(chunk.subarray(1_000, 2_000)),
      ]);
      // Slices have memory of their own; other short messages of a chunk share a copy.
      expect(buffersOf(copies).size).toBe(length > 65_536 ? 1 : 2);
      const unmasked = memory.copy(chunk, 2_000, 2_200, 0x01020304, length - 2_200);
      expect(hex(unmasked)).toBe(
        hex(chunk.subarray(2_000, 2_200).map((byte, i) => byte ^ ((i % 4) + 1))),
      );
      memory.endBurst();
    }
  });

  test("a chunk that is used again has new bytes", () => {
    const memory = new MessageMemory({ slicedFrom: 1 });
    const chunk = pattern(300);
    copyAll(memory, chunk, [100, 200]);
    chunk.fill(7);
    expect(hex(copyAll(memory, chunk, [100])[0])).toBe("07".repeat(100));
  });

  test("a message that arrives alone has its own memory", () => {
    const memory = new MessageMemory({ sharedFrom: 1 });
    for (const length of [0, 1, 65, 1024, 5000]) {
      const [copy] = copyAll(memory, pattern(length), [length]);
      expect([copy.byteOffset, copy.buffer.byteLength]).toEqual([0, length]);
    }
  });

  test("messages that arrive alone share memory from sharedAloneFrom on", () => {
    const memory = new MessageMemory({ sharedAloneFrom: 10 });
    const alone = (length: number) => {
      const [copy] = copyAll(memory, pattern(length, length), [length]);
      expect(hex(copy)).toBe(hex(pattern(length, length)));
      return copy;
    };
    expect(alone(10).buffer.byteLength).toBe(10);
    expect(alone(10).buffer.byteLength).toBe(10);
    memory.slab = new MessageSlab();
    const copies = [10, 10, 10, 9, 0, 1025, 10].map(alone);
    const { buffer } = copies[1];
    expect(copies.map((copy) => copy.buffer === buffer)).toEqual([
      false,
      true,
      true,
      false,
      false,
      false,
      false,
    ]);
    memory.slab = new MessageSlab();
    expect(alone(10).buffer).not.toBe(copies[6].buffer);
  });

  test("messages share memory within the limits in one burst, but not across bursts", () => {
    const memory = new MessageMemory({});
    const chunk = pattern(64 + 3 * 65 + 1024 + 1025);
    const copies = copyAll(memory, chunk, [64, 65, 65, 65, 1024, 1025]);
    expect(copies.map(({ buffer }) => buffer === copies[1].buffer)).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
    ]);
    const [next] = copyAll(memory, chunk, [65, 65]);
    expect(next.buffer).not.toBe(copies[1].buffer);
  });

  test("a shared buffer has at most 8 KiB", () => {
    const chunk = pattern(64 * 1000);
    const copies = copyAll(new MessageMemory({}), chunk, Array(64).fill(1000));
    expect(buffersOf(copies).size).toBe(8);
    for (const { byteLength } of buffersOf(copies)) expect(byteLength).toBeLessThanOrEqual(8192);
  });

  test("a shared buffer that was transferred is not used again", () => {
    const memory = new MessageMemory({});
    const chunk = pattern(300);
    const first = memory.copy(chunk, 0, 100, 0, 200);
    structuredClone(first.buffer, { transfer: [first.buffer as ArrayBuffer] });
    expect(first.length).toBe(0);
    expect(hex(memory.copy(chunk, 100, 200, 0, 100))).toBe(hex(chunk.subarray(100, 200)));
  });

  test("chunks of the same burst are distinguished", () => {
    const memory = new MessageMemory({});
    const chunks = [pattern(300), pattern(300, 7)];
    for (const start of [0, 100, 200]) {
      for (const chunk of chunks) {
        const copy = memory.copy(chunk, start, start + 100, 0, 200 - start);
        expect(hex(copy)).toBe(hex(chunk.subarray(start, start + 100)));
      }
    }
  });

  test("allocated memory may hold anything", () => {
    const asked: number[] = [];
    const memory = new MessageMemory({
      allocate(length) {
        asked.push(length);
        return new Uint8Array(length).fill(0xee);
      },
    });
    const chunk = pattern(6000);
    expect(copyAll(memory, chunk, [10, 5000]).map(hex)).toEqual([
      hex(chunk.subarray(0, 10)),
      hex(chunk.subarray(10, 5010)),
    ]);
    expect(asked).toEqual([10, 5000]);
  });

  test("lends one gather buffer of 4 MiB and eight of 1 MiB until they are returned", () => {
    const memory = new MessageMemory({});
    const other = new MessageMemory({});
    const gatherBuffers = Array.from(
      { length: 9 },
      (_, i) =>
        (i % 2 === 0 ? memory : other).acquireGatherBuffer(i < 4 ? 1_048_576 : 1_024) as Uint8Array,
    );
    expect(gatherBuffers.map(({ length }) => length)).toEqual([
      4_194_304,
      ...Array(8).fill(1_048_576),
    ]);
    expect(buffersOf(gatherBuffers).size).toBe(9);
    expect(memory.acquireGatherBuffer(1_024)).toBe(undefined);
    for (const gatherBuffer of gatherBuffers) other.releaseGatherBuffer(gatherBuffer, 0);
    const long = memory.acquireGatherBuffer(4_194_304) as Uint8Array;
    // Not `toBe`, which prints 4 MiB of bytes although nothing fails.
    expect(long === gatherBuffers[0]).toBe(true);
    expect(memory.acquireGatherBuffer(1_048_577)).toBe(undefined);
    const short = memory.acquireGatherBuffer(1_048_576) as Uint8Array;
    expect(gatherBuffers.includes(short)).toBe(true);
    for (const gatherBuffer of [short, long]) memory.releaseGatherBuffer(gatherBuffer, 0);
  });

  test("lends no gather buffer for fewer or more bytes", () => {
    const memory = new MessageMemory({});
    expect(memory.acquireGatherBuffer(1_023)).toBe(undefined);
    expect(memory.acquireGatherBuffer(4_194_305)).toBe(undefined);
  });

  test("a gather buffer that was transferred is replaced by a new one", () => {
    const memory = new MessageMemory({ borrowedMessages: true });
    for (let i = 0; i < 32; i++) {
      const gatherBuffers = [4_194_304, 1_048_576].map((length) => {
        const gatherBuffer = memory.acquireGatherBuffer(8_192) as Uint8Array;
        expect(gatherBuffer.length).toBe(length);
        return gatherBuffer;
      });
      for (const gatherBuffer of gatherBuffers) {
        structuredClone(gatherBuffer.buffer, { transfer: [gatherBuffer.buffer as ArrayBuffer] });
        memory.releaseGatherBuffer(gatherBuffer, 0);
      }
    }
  });

  test("lends views, and marks the memory of those that are too long to be copied when sent", () => {
    const memory = new MessageMemory({ borrowedMessages: true });
    expect(memory.lendsMessages).toBe(true);
    expect(new MessageMemory({}).lendsMessages).toBe(false);
    const short = pattern(maxCopiedLength + 1);
    const view = memory.lend(short, 1, short.length);
    expect(view).toEqual(short.subarray(1));
    expect(view.buffer).toBe(short.buffer);
    expect(isLent(view)).toBe(false);
    const long = pattern(maxCopiedLength + 2);
    expect(isLent(long)).toBe(false);
    expect(isLent(memory.lend(long, 1, long.length))).toBe(true);
    expect(isLent(long.subarray(2))).toBe(true);
  });
});

describe("a message gathered in a borrowed buffer", () => {
  test("is lent with zeros behind it instead of other messages' bytes", () => {
    const memory = new MessageMemory({ borrowedMessages: true });
    const gatherBuffer = memory.acquireGatherBuffer(8_192) as Uint8Array;
    gatherBuffer.fill(7, 0, 5_000);
    memory.releaseGatherBuffer(gatherBuffer, 5_000);
    memory.releaseGatherBuffer(memory.acquireGatherBuffer(8_192) as Uint8Array, 100);
    const again = memory.acquireGatherBuffer(8_192) as Uint8Array;
    expect(again).toBe(gatherBuffer);
    again.fill(8, 0, 2_000);
    const message = memory.lendGathered(again, 2_000);
    expect(message).toEqual(new Uint8Array(2_000).fill(8));
    expect(gatherBuffer.subarray(2_000).every((byte) => byte === 0)).toBe(true);
    expect(memory.lendGathered(again, 2_000).length).toBe(2_000);
    memory.releaseGatherBuffer(again, 2_000);
  });
});

test("reserves receive memory if it is limited", () => {
  const receiveMemory = new ReceiveMemory(100);
  const memory = new MessageMemory({ receiveMemory });
  expect([memory.reserve(60), memory.reserve(60), receiveMemory.used]).toEqual([true, false, 60]);
  memory.release(60);
  expect(receiveMemory.used).toBe(0);
  const unbounded = new MessageMemory({});
  expect(unbounded.reserve(2 ** 50)).toBe(true);
  unbounded.release(2 ** 50);
});

test("the second trim drops unused gather buffers, and new ones can be allocated", () => {
  trimGatherBuffers();
  trimGatherBuffers();
  const memory = new MessageMemory({});
  const gatherBuffers = [1, 2].map(() => memory.acquireGatherBuffer(2_000) as Uint8Array);
  for (const gatherBuffer of gatherBuffers) memory.releaseGatherBuffer(gatherBuffer, 0);
  expect([trimGatherBuffers(), trimGatherBuffers()]).toEqual([2, 0]);
  const again = memory.acquireGatherBuffer(2_000) as Uint8Array;
  expect(gatherBuffers.includes(again)).toBe(false);
  memory.releaseGatherBuffer(again, 0);
});

import fc from "fast-check";
import { describe, expect, test, vi } from "vitest";
import { isLent, maxCopiedLength } from "../../src/bytes/lent-bytes.ts";
import { MessageMemory } from "../../src/message/message-memory.ts";
import { MessageSlab } from "../../src/message/message-slab.ts";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";
import { hex, pattern } from "../bytes.ts";

/** Copies messages that lie one after the other in one chunk, masked with a key of zeros. */
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
  test("gives copies of any messages that no later message or chunk changes", () => {
    const burst = fc.array(fc.oneof(fc.nat({ max: 1100 }), fc.nat({ max: 70 })), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(burst, { maxLength: 3 }), fc.nat({ max: 200 }), (bursts, sharedFrom) => {
        const memory = new MessageMemory({ sharedFrom });
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

  test("keeps no chunk unless told from which length on, and never more than an eighth beside a message", () => {
    const memory = new MessageMemory({ keepFrom: 160 });
    expect(memory.mayHandOverChunk(160, new Uint8Array(180))).toBe(true);
    expect(memory.mayHandOverChunk(160, new Uint8Array(181))).toBe(false);
    expect(memory.mayHandOverChunk(160, new Uint8Array(181).subarray(0, 170))).toBe(false);
    expect(memory.mayHandOverChunk(159, new Uint8Array(159))).toBe(false);
    expect(new MessageMemory({}).mayHandOverChunk(1e6, new Uint8Array(1e6))).toBe(false);
  });

  test("unmasks", () => {
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

  test("a message that comes alone has memory of its own", () => {
    const memory = new MessageMemory({ sharedFrom: 1 });
    for (const length of [0, 1, 65, 1024, 5000]) {
      const [copy] = copyAll(memory, pattern(length), [length]);
      expect([copy.byteOffset, copy.buffer.byteLength]).toEqual([0, length]);
    }
  });

  test("messages that come alone share memory from the length on that is asked for", () => {
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

  test("messages of one burst share memory within the limits, those of two do not", () => {
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

  test("what is shared has at most 8 KiB", () => {
    const chunk = pattern(64 * 1000);
    const copies = copyAll(new MessageMemory({}), chunk, Array(64).fill(1000));
    expect(buffersOf(copies).size).toBe(8);
    for (const { byteLength } of buffersOf(copies)) expect(byteLength).toBeLessThanOrEqual(8192);
  });

  test("a buffer that the user has given away is not used again", () => {
    const memory = new MessageMemory({});
    const chunk = pattern(300);
    const first = memory.copy(chunk, 0, 100, 0, 200);
    structuredClone(first.buffer, { transfer: [first.buffer as ArrayBuffer] });
    expect(first.length).toBe(0);
    expect(hex(memory.copy(chunk, 100, 200, 0, 100))).toBe(hex(chunk.subarray(100, 200)));
  });

  test("chunks of one burst are told apart", () => {
    const memory = new MessageMemory({});
    const chunks = [pattern(300), pattern(300, 7)];
    for (const start of [0, 100, 200]) {
      for (const chunk of chunks) {
        const copy = memory.copy(chunk, start, start + 100, 0, 200 - start);
        expect(hex(copy)).toBe(hex(chunk.subarray(start, start + 100)));
      }
    }
  });

  test("memory that the runtime makes may hold anything before", () => {
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

  test("lends eight times 1 MiB and no more, to any memory, until it is given back", () => {
    const memory = new MessageMemory({});
    const other = new MessageMemory({});
    expect(memory.acquireGatherBuffer(1_048_577)).toBe(undefined);
    expect(memory.acquireGatherBuffer(1_023)).toBe(undefined);
    const rooms = Array.from(
      { length: 8 },
      (_, i) =>
        (i % 2 === 0 ? memory : other).acquireGatherBuffer(i < 4 ? 1_048_576 : 1_024) as Uint8Array,
    );
    expect(rooms.map(({ length }) => length)).toEqual(Array(8).fill(1_048_576));
    expect(buffersOf(rooms).size).toBe(8);
    expect(memory.acquireGatherBuffer(1_024)).toBe(undefined);
    for (const room of rooms) other.releaseGatherBuffer(room, 0);
    expect(rooms).toContain(memory.acquireGatherBuffer(1_024));
  });

  test("a room that a user has transferred away makes room for another", () => {
    const memory = new MessageMemory({ borrowedMessages: true });
    for (let i = 0; i < 32; i++) {
      const room = memory.acquireGatherBuffer(8_192) as Uint8Array;
      expect(room.length).toBe(1_048_576);
      structuredClone(room.buffer, { transfer: [room.buffer as ArrayBuffer] });
      memory.releaseGatherBuffer(room, 0);
    }
  });

  test("lends views, and knows the memory of those that are too long to be copied when they are sent", () => {
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

describe("what was gathered in lent memory", () => {
  test("is lent without what other messages left behind it", () => {
    const memory = new MessageMemory({ borrowedMessages: true });
    const room = memory.acquireGatherBuffer(8_192) as Uint8Array;
    room.fill(7, 0, 5_000);
    memory.releaseGatherBuffer(room, 5_000);
    memory.releaseGatherBuffer(memory.acquireGatherBuffer(8_192) as Uint8Array, 100);
    const again = memory.acquireGatherBuffer(8_192) as Uint8Array;
    expect(again).toBe(room);
    again.fill(8, 0, 2_000);
    const message = memory.lendGathered(again, 2_000);
    expect(message).toEqual(new Uint8Array(2_000).fill(8));
    expect(room.subarray(2_000).every((byte) => byte === 0)).toBe(true);
    expect(memory.lendGathered(again, 2_000).length).toBe(2_000);
    memory.releaseGatherBuffer(again, 2_000);
  });
});

test("counts on the memory for received messages, where there is a bound", () => {
  const receiveMemory = new ReceiveMemory(100);
  const memory = new MessageMemory({ receiveMemory });
  expect([memory.reserve(60), memory.reserve(60), receiveMemory.used]).toEqual([true, false, 60]);
  memory.release(60);
  expect(receiveMemory.used).toBe(0);
  const unbounded = new MessageMemory({});
  expect(unbounded.reserve(2 ** 50)).toBe(true);
  unbounded.release(2 ** 50);
});

test("rooms that nobody needs are let go of by the second trim, and others are made", async () => {
  // Other tests that share this process leave connections behind that hold rooms.
  vi.resetModules();
  const { MessageMemory, trimGatherBuffers } = await import("../../src/message/message-memory.ts");
  const memory = new MessageMemory({});
  const rooms = [1, 2].map(() => memory.acquireGatherBuffer(2_000) as Uint8Array);
  for (const room of rooms) memory.releaseGatherBuffer(room, 0);
  expect([trimGatherBuffers(), trimGatherBuffers()]).toEqual([2, 0]);
  const again = memory.acquireGatherBuffer(2_000) as Uint8Array;
  expect(rooms).not.toContain(again);
  memory.releaseGatherBuffer(again, 0);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Bytes } from "../../src/bytes/bytes.ts";
import { MessageBuffer } from "../../src/bytes/message-buffer.ts";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";
import { allocationsOf } from "../allocations.ts";
import { chunkSizes } from "../arbitraries.ts";
import { bytes, cut, hex, pattern } from "../bytes.ts";

describe("MessageBuffer", () => {
  test("returns the bytes of any pieces in their own memory", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 3000 }),
        chunkSizes,
        fc.boolean(),
        (data, sizes, declared) => {
          const message = new MessageBuffer();
          let left = data.length;
          for (const chunk of cut(data, sizes)) {
            left -= chunk.length;
            message.append(chunk, 0, chunk.length, declared ? left : 0);
            chunk.fill(0xee);
          }
          expect(message.length).toBe(data.length);
          const taken = message.take();
          expect(hex(taken)).toBe(hex(data));
          expect(taken.buffer.byteLength).toBe(data.length);
          expect(message.length).toBe(0);
        },
      ),
    );
  });

  test("returns empty bytes if nothing was added", () => {
    const message = new MessageBuffer();
    message.append(bytes("41"), 1, 1, 100);
    expect(message.take()).toEqual(new Uint8Array(0));
  });

  test("reads only between start and end", () => {
    const message = new MessageBuffer();
    message.append(bytes("00 01 02 03"), 1, 3, 0);
    message.append(bytes("04 05 06 07"), 3, 4, 0);
    expect(hex(message.take())).toBe("010207");
  });

  test("unmasks while it copies, from any phase", () => {
    const message = new MessageBuffer();
    // The example of section 5.7, in two pieces.
    const masked = bytes("7f 9f 4d 51 58");
    message.append(masked, 0, 2, 3, 0x37fa213d, 0);
    message.append(masked, 2, 5, 0, 0x37fa213d, 2);
    expect(hex(masked)).toBe("7f9f4d5158");
    expect(hex(message.take())).toBe("48656c6c6f");
  });

  test("uses the given allocator, whose memory may hold anything", () => {
    const message = new MessageBuffer({ allocate: (length) => new Uint8Array(length).fill(0xee) });
    message.append(pattern(300), 0, 300, 0);
    message.append(pattern(300), 0, 300, 100);
    expect(hex(message.take())).toBe(hex(pattern(300)).repeat(2));
  });

  test("gathers in a borrowed buffer, returns it and never exposes it", () => {
    const gatherBuffer = new Uint8Array(1000).fill(0xee);
    const calls: string[] = [];
    const message = new MessageBuffer({
      allocate(length) {
        calls.push(`allocate ${length}`);
        return new Uint8Array(length);
      },
      acquireGatherBuffer(length) {
        calls.push(`borrow ${length}`);
        return length <= gatherBuffer.length ? gatherBuffer : undefined;
      },
      releaseGatherBuffer(bytes) {
        expect(bytes).toBe(gatherBuffer);
        calls.push("give back");
      },
    });
    message.append(pattern(300), 0, 300, 5000);
    message.append(pattern(300), 0, 300, 4700);
    const taken = message.take();
    expect(taken.buffer).not.toBe(gatherBuffer.buffer);
    expect(hex(taken)).toBe(hex(pattern(300)).repeat(2));
    expect(calls.splice(0)).toEqual(["borrow 300", "give back"]);

    message.append(pattern(900), 0, 900, 5000);
    message.append(pattern(900), 0, 900, 4100);
    expect(hex(message.take())).toBe(hex(pattern(900)).repeat(2));
    expect(calls.splice(0)).toEqual(["borrow 900", "borrow 1800", "allocate 3600", "give back"]);

    // It allocates its own memory as soon as that memory will not have to grow.
    message.append(pattern(300), 0, 300, 700);
    message.append(pattern(300), 0, 300, 400);
    message.append(pattern(400), 0, 400, 0);
    expect(hex(message.take())).toBe(hex(pattern(300)).repeat(2) + hex(pattern(400)));
    expect(calls.splice(0)).toEqual(["borrow 300", "allocate 1000", "give back"]);

    message.append(pattern(300), 0, 300, 5000);
    message.discard();
    expect(calls.splice(0)).toEqual(["borrow 300", "give back"]);
    expect(message.take()).toEqual(new Uint8Array(0));
    message.append(pattern(300), 0, 300, 100);
    message.append(pattern(100), 0, 100, 0);
    expect(message.take().length).toBe(400);
    expect(calls).toEqual(["allocate 400"]);
  });

  test("exposes the gathered bytes, and whether their memory is borrowed", () => {
    const gatherBuffer = new Uint8Array(1000);
    let isLent = true;
    const message = new MessageBuffer(
      {
        allocate: (length) => new Uint8Array(length),
        acquireGatherBuffer: () => (isLent ? gatherBuffer : undefined),
        releaseGatherBuffer: () => {},
      },
      true,
    );
    message.append(pattern(300), 0, 300, 100);
    expect(message.bytes).toBe(gatherBuffer);
    expect(hex(gatherBuffer.subarray(0, message.length))).toBe(hex(pattern(300)));
    expect(message.isGatherBuffer).toBe(true);
    message.discard();
    expect(message.isGatherBuffer).toBe(false);
    isLent = false;
    message.append(pattern(300), 0, 300, 100);
    expect(message.bytes).not.toBe(gatherBuffer);
    expect(message.isGatherBuffer).toBe(false);
  });

  test("returns empty bytes that share no memory", () => {
    const first = new MessageBuffer().take();
    structuredClone(first.buffer, { transfer: [first.buffer as ArrayBuffer] });
    const message = new MessageBuffer();
    expect(message.take().buffer).not.toBe(first.buffer);
    message.append(pattern(3), 0, 3, 0);
    expect(hex(message.take())).toBe(hex(pattern(3)));
  });

  test("returns its own memory even if the message fills the borrowed buffer", () => {
    const gatherBuffer = new Uint8Array(1000);
    const message = new MessageBuffer({
      allocate: (length) => new Uint8Array(length),
      acquireGatherBuffer: (length) => (length <= gatherBuffer.length ? gatherBuffer : undefined),
      releaseGatherBuffer: (bytes) => bytes.fill(0xee),
    });
    message.append(pattern(300), 0, 300, 5000);
    message.append(pattern(700), 0, 700, 0);
    const taken = message.take();
    expect(taken.buffer).not.toBe(gatherBuffer.buffer);
    expect(hex(taken)).toBe(hex(pattern(300)) + hex(pattern(700)));
  });

  test("gathers in its own memory if it can borrow none", () => {
    const message = new MessageBuffer({
      allocate: (length) => new Uint8Array(length),
      acquireGatherBuffer: () => undefined,
    });
    message.append(pattern(300), 0, 300, 5000);
    message.append(pattern(300), 0, 300, 0);
    expect(hex(message.take())).toBe(hex(pattern(300)).repeat(2));
  });

  test("does not modify a returned message", () => {
    const message = new MessageBuffer();
    message.append(pattern(300), 0, 300, 0);
    const first = message.take();
    message.append(new Uint8Array(300).fill(0xff), 0, 300, 0);
    message.take();
    expect(hex(first)).toBe(hex(pattern(300)));
  });

  test("allocates for received bytes, not for declared ones", () => {
    const sizes = allocationsOf(() => {
      const message = new MessageBuffer();
      message.append(new Uint8Array(10), 0, 10, 2 ** 40);
      message.append(new Uint8Array(1000), 0, 1000, 2 ** 40);
    });
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2 * 1010);
  });

  test("allocates at most four times the received bytes for the rest of a long frame", () => {
    // With a header of 14 bytes, 32 KiB have been received.
    const piece = new Uint8Array(32_754);
    const sizesFor = (expected: number) =>
      allocationsOf(() => new MessageBuffer().append(piece, 0, piece.length, expected));
    expect(sizesFor(1_000_000)).toEqual([4 * 32_768]);
    expect(sizesFor(4 * 32_768 - piece.length + 1)).toEqual([4 * 32_768]);
    expect(sizesFor(4 * 32_768 - piece.length)).toEqual([4 * 32_768]);
    expect(sizesFor(1000)).toEqual([33_754]);
    expect(sizesFor(0)).toEqual([2 * 32_754]);
    const shorter = piece.subarray(1);
    const message = new MessageBuffer();
    const sizes = allocationsOf(() => message.append(shorter, 0, shorter.length, 1_000_000));
    expect(sizes).toEqual([2 * 32_753]);
  });

  test("allocates the exact length if few bytes are missing", () => {
    const piece = new Uint8Array(600);
    const sizes = allocationsOf(() => {
      const message = new MessageBuffer();
      message.append(piece, 0, 600, 400);
      message.append(piece, 0, 400, 0);
      message.take();
    });
    expect(sizes).toEqual([1000]);
  });

  test("copies a message that arrives byte by byte only a bounded number of times", () => {
    const length = 100_000;
    const byte = new Uint8Array(1);
    const sizes = allocationsOf(() => {
      const message = new MessageBuffer();
      for (let i = 0; i < length; i++) message.append(byte, 0, 1, 0);
      message.take();
    });
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(6 * length);
  });
});

describe("MessageBuffer with a memory limit", () => {
  test.each([false, true])(
    "adds all bytes of a piece or none, and releases all memory (lent: %s)",
    (lends) => {
      for (let limit = 0; limit <= 3000; limit += 50) {
        const received = new ReceiveMemory(limit);
        let given = 0;
        const message = new MessageBuffer(
          {
            allocate: (length) => new Uint8Array(length),
            ...(lends && {
              acquireGatherBuffer: (length: number) => {
                if (length > 1000) return undefined;
                given++;
                return new Uint8Array(1000);
              },
              releaseGatherBuffer: () => given--,
            }),
            reserve: (length) => received.reserve(length),
            release: (length) => received.release(length),
          },
          limit % 100 === 0,
        );
        let length = 0;
        for (const expected of [5000, 4700, 0, 100, 0]) {
          if (message.append(pattern(300), 0, 300, expected)) length += 300;
          expect(message.length).toBe(length);
          expect(received.used).toBeLessThanOrEqual(limit);
          expect(received.used).toBeGreaterThanOrEqual(length);
        }
        if (limit >= 3000) expect(length).toBe(1500);
        expect(hex(message.take())).toBe(hex(pattern(300)).repeat(length / 300));
        expect([received.used, given]).toEqual([0, 0]);
      }
    },
  );

  test("frees memory that it has outgrown or drops, without waiting for a garbage collection", () => {
    const allocated: Bytes[] = [];
    const allocate = (length: number) => {
      allocated.push(new Uint8Array(length));
      return allocated[allocated.length - 1];
    };
    const message = new MessageBuffer({ allocate });
    for (let i = 0; i < 7; i++) message.append(pattern(20_000), 0, 20_000, 0);
    expect(allocated.slice(0, -1).map((memory) => memory.length)).toEqual([0, 0]);
    expect(allocated.at(-1)?.length).toBeGreaterThanOrEqual(140_000);
    message.drop();
    expect(allocated.map((memory) => memory.length)).toEqual([0, 0, 0]);
    expect(message.length).toBe(0);
  });

  test("does not free a gather buffer", () => {
    const gatherBuffer = new Uint8Array(20_000);
    const message = new MessageBuffer({
      allocate: (length) => new Uint8Array(length),
      acquireGatherBuffer: () => gatherBuffer,
      releaseGatherBuffer: () => {},
    });
    message.append(pattern(5_000), 0, 5_000, 10_000);
    expect(message.isGatherBuffer).toBe(true);
    message.drop();
    expect(gatherBuffer.length).toBe(20_000);
  });

  test("does not free memory that it returned", () => {
    const message = new MessageBuffer();
    message.append(pattern(20_000), 0, 10_000, 10_000);
    message.append(pattern(20_000), 10_000, 20_000, 0);
    const taken = message.take();
    message.drop();
    expect(hex(taken)).toBe(hex(pattern(20_000)));
  });
});

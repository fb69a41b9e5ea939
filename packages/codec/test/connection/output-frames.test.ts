import { expect, test } from "vitest";
import { OutputQueue } from "../../src/connection/output.ts";
import {
  mayBeRetained,
  queueFrame,
  queueMessage,
  queuePieces,
  queuePrepared,
} from "../../src/connection/output-frames.ts";
import { MessageMemory } from "../../src/message/message-memory.ts";
import { concat, pattern, resizableBuffer } from "../bytes.ts";
import { readFrames } from "../oracle/frame-reader.ts";

/** Takes all waiting output. */
function drain(output: OutputQueue): number[] {
  const bytes: number[] = [];
  for (let next = output.peek(); next !== undefined; next = output.peek()) {
    bytes.push(...next);
    output.advance(next.length);
  }
  return bytes;
}

test("queues the examples of RFC 6455 section 5.7", () => {
  const output = new OutputQueue();
  queueMessage(output, "Hello", undefined);
  queueMessage(output, "Hello", 0x37fa213d);
  queueFrame(output, 0x89, new TextEncoder().encode("Hello"), undefined);
  const hello = [0x48, 0x65, 0x6c, 0x6c, 0x6f];
  const masked = [0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58];
  expect(drain(output)).toEqual([0x81, 5, ...hello, 0x81, 0x85, ...masked, 0x89, 5, ...hello]);
});

test("copies short and masked messages, and refers to long unmasked ones", () => {
  for (const [length, maskingKey, copied] of [
    [65_536, undefined, true],
    [65_537, undefined, false],
    [100_000, undefined, false],
    [100_000, 0, true],
  ] as const) {
    const output = new OutputQueue();
    const data = new Uint8Array(length);
    queueMessage(output, data, maskingKey);
    data.fill(1);
    expect(output.length).toBeGreaterThan(length);
    expect(drain(output).at(-1)).toBe(copied ? 0 : 1);
  }
});

test("copies borrowed messages of any length", () => {
  const chunk = new Uint8Array(70_000);
  const message = new MessageMemory({ borrowedMessages: true }).lend(chunk, 10, chunk.length);
  const output = new OutputQueue();
  queueMessage(output, message, undefined);
  chunk.fill(1);
  expect(drain(output).slice(10)).toEqual(Array(message.length).fill(0));
});

test("masking does not modify the caller's bytes", () => {
  const data = new Uint8Array(300).fill(7);
  queueMessage(new OutputQueue(), data, 0x01020304);
  expect(data).toEqual(new Uint8Array(300).fill(7));
});

test("a prepared frame is copied only if it is short and queued behind other output", () => {
  const frame = new Uint8Array(4096).fill(1);
  const output = new OutputQueue();
  queuePrepared(output, frame);
  expect(output.peek()).toBe(frame);
  queueFrame(output, 0x89, new Uint8Array(0), undefined);
  queuePrepared(output, frame);
  output.advance(4096);
  expect(output.peek()?.length).toBe(2 + 4096);
  const long = new Uint8Array(4097);
  queuePrepared(output, long);
  output.advance(2 + 4096);
  expect(output.peek()).toBe(long);
});

test("queues the pieces of a compressed message as one frame, masked or not", () => {
  for (const lengths of [[5], [0, 1, 2, 3], [70, 60, 7], []]) {
    const pieces = lengths.map((length, index) => pattern(length, index + 1));
    const all = concat(pieces);
    for (const maskingKey of [undefined, 0x37fa213d]) {
      const output = new OutputQueue();
      queuePieces(output, 0xc2, pieces, all.length, maskingKey);
      const { frames, left } = readFrames(Uint8Array.from(drain(output)));
      expect(left).toBe(0);
      expect(frames).toMatchObject([
        { fin: true, rsv1: true, opcode: 2, masked: maskingKey !== undefined },
      ]);
      expect(frames[0].payload).toEqual([...all]);
    }
  }
});

test("mayBeRetained is false for short, lent, shared and resizable bytes", () => {
  expect(mayBeRetained(new Uint8Array(65_537))).toBe(true);
  expect(mayBeRetained(new Uint8Array(65_536))).toBe(false);
  expect(mayBeRetained(new Uint8Array(resizableBuffer(65_537)))).toBe(false);
  expect(mayBeRetained(new Uint8Array(new SharedArrayBuffer(65_537)))).toBe(false);
  const memory = new MessageMemory({ borrowedMessages: true });
  expect(mayBeRetained(memory.lend(new Uint8Array(65_537), 0, 65_537))).toBe(false);
});

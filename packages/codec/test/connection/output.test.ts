import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { acquireQueue, OutputQueue, releaseQueue } from "../../src/connection/output.ts";
import { outputBufferSize } from "../../src/connection/output-buffers.ts";
import { allocationsOf } from "../allocations.ts";
import { concat, hex, pattern, transfer } from "../bytes.ts";

/** Queues bytes as an encoder does: reserves at least enough bytes and commits those written. */
function write(queue: OutputQueue, data: Uint8Array, spare = 0): void {
  const offset = queue.reserve(data.length + spare);
  queue.buffer.set(data, offset);
  queue.commit(offset + data.length);
}

/** Takes all waiting output, at most `step` bytes at a time. */
function drain(queue: OutputQueue, step = Number.POSITIVE_INFINITY): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let piece = queue.peek(); piece !== undefined; piece = queue.peek()) {
    const { buffer, byteOffset } = queue.peekBuffer() as Uint8Array;
    expect(piece.buffer).toBe(buffer);
    expect([piece.byteOffset - byteOffset, piece.length]).toEqual([
      queue.peekStart,
      queue.peekEnd - queue.peekStart,
    ]);
    const taken = piece.slice(0, Math.min(step, piece.length));
    parts.push(taken);
    queue.advance(taken.length);
  }
  return concat(parts);
}

type Command =
  | { kind: "write"; queue: number; length: number; spare: number; seed: number }
  | { kind: "reference"; queue: number; length: number; seed: number }
  | { kind: "advance"; queue: number; share: number }
  | { kind: "release" | "clear"; queue: number };

const length = fc.oneof(
  fc.nat({ max: 300 }),
  fc.nat({ max: 5000 }),
  fc.constantFrom(20_000, outputBufferSize - 1, outputBufferSize, outputBufferSize + 1),
);
const seed = fc.nat({ max: 1000 });
const queue = fc.nat({ max: 1 });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant("write" as const),
      queue,
      length,
      spare: fc.nat({ max: 50 }),
      seed,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("reference" as const), queue, length, seed }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      queue,
      share: fc.constantFrom(0, 0.3, 0.9, 1, 1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("release" as const), queue }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("clear" as const), queue }) },
);

/** A queue and the bytes that should wait in it. */
class Model {
  readonly queue = new OutputQueue();
  waiting: Uint8Array = new Uint8Array(0);
  /** Bytes sent since the last release, to which a transport may still refer. */
  private inFlight: { view: Uint8Array; copy: Uint8Array }[] = [];

  apply(command: Command): void {
    const { queue } = this;
    if (command.kind === "write" || command.kind === "reference") {
      const data = pattern(command.length, command.seed);
      this.waiting = concat([this.waiting, data]);
      if (command.kind === "write") write(queue, data, command.spare);
      else queue.appendReference(data);
    } else if (command.kind === "advance") {
      const piece = queue.peek() ?? new Uint8Array(0);
      const view = piece.subarray(0, Math.floor(piece.length * command.share));
      this.inFlight.push({ view, copy: view.slice() });
      queue.advance(view.length);
      this.waiting = this.waiting.slice(view.length);
    } else if (command.kind === "clear") {
      queue.clear();
      this.waiting = new Uint8Array(0);
    } else {
      if (this.waiting.length === 0) this.inFlight = [];
      queue.release();
    }
  }

  check(): void {
    const piece = this.queue.peek();
    expect(this.queue.length).toBe(this.waiting.length);
    expect(piece === undefined).toBe(this.waiting.length === 0);
    expect(hex(this.waiting.subarray(0, piece?.length ?? 0))).toBe(hex(piece ?? []));
    for (const { view, copy } of this.inFlight) expect(hex(view)).toBe(hex(copy));
  }
}

test("two queues that share buffers keep their bytes in order under any commands", () => {
  fc.assert(
    fc.property(fc.array(command, { maxLength: 30 }), (commands) => {
      const models = [new Model(), new Model()];
      for (const command of commands) {
        models[command.queue].apply(command);
        for (const model of models) model.check();
      }
      for (const { queue, waiting } of models) expect(hex(drain(queue, 1000))).toBe(hex(waiting));
    }),
    { numRuns: runs(150) },
  );
});

describe("OutputQueue", () => {
  test("peek returns undefined if nothing waits", () => {
    const queue = new OutputQueue();
    expect(queue.peek()).toBeUndefined();
    queue.appendReference(new Uint8Array(0));
    expect(queue.peek()).toBeUndefined();
    expect(queue.length).toBe(0);
    queue.release();
  });

  test("gathers a burst into one contiguous piece", () => {
    const queue = new OutputQueue();
    for (let i = 0; i < 1000; i++) write(queue, pattern(60, i));
    expect(queue.peek()?.length).toBe(60_000);
    queue.clear();
  });

  test("never sends bytes that were reserved but not committed", () => {
    const queue = new OutputQueue();
    write(queue, pattern(10), 1000);
    write(queue, pattern(10, 2), 1000);
    expect(hex(drain(queue))).toBe(hex(pattern(10)) + hex(pattern(10, 2)));
    queue.release();
  });

  test("can reserve more after a reservation that was not committed", () => {
    const queue = new OutputQueue();
    queue.reserve(10);
    write(queue, pattern(20_000));
    expect(queue.length).toBe(20_000);
    expect(hex(drain(queue))).toBe(hex(pattern(20_000)));
    queue.release();
  });

  test("appendReference queues the bytes in order without a copy", () => {
    const queue = new OutputQueue();
    const large = pattern(100_000);
    write(queue, pattern(4));
    const sizes = allocationsOf(() => queue.appendReference(large));
    write(queue, pattern(5));
    expect(sizes).toEqual([]);
    queue.advance(4);
    expect(queue.peek()).toBe(large);
    queue.advance(99_999);
    expect(queue.peek()).toEqual(large.subarray(99_999));
    queue.advance(1);
    expect(hex(queue.peek() ?? [])).toBe(hex(pattern(5)));
    queue.clear();
  });

  test("holds no buffer after release if nothing waits", () => {
    const queue = new OutputQueue();
    write(queue, pattern(100));
    queue.release();
    expect(queue.buffer.length).toBeGreaterThanOrEqual(100);
    drain(queue);
    queue.release();
    expect(queue.buffer.length).toBe(0);
  });

  test.each([300, 5000, 300_000, 1_048_590])(
    "reuses a buffer for %i bytes after its release",
    (length) => {
      const queue = new OutputQueue();
      const data = pattern(length);
      const cycle = () => {
        write(queue, data);
        queue.advance(length);
        queue.release();
      };
      cycle();
      const sizes = allocationsOf(() => {
        for (let i = 0; i < 100; i++) cycle();
      });
      expect(sizes).toEqual([]);
    },
  );

  test.each([
    [300, 1, 600],
    [5000, 4.25, 600],
    [1_048_590, 4.1, 8],
  ])("of the free buffers for %i bytes, keeps at most %d MiB", (length, most, count) => {
    const queues = Array.from({ length: count }, () => new OutputQueue());
    for (const queue of queues) queue.commit(queue.reserve(length) + length);
    const all = queues.reduce((sum, queue) => sum + queue.buffer.length, 0);
    for (const queue of queues) {
      queue.advance(length);
      queue.release();
    }
    const sizes = allocationsOf(() => {
      for (const queue of queues) queue.reserve(length);
    });
    const kept = all - sizes.reduce((sum, size) => sum + size, 0);
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThanOrEqual(most * 2 ** 20);
  });

  test("tells whether the next bytes are in memory that somebody else knows", () => {
    const queue = new OutputQueue();
    write(queue, pattern(10));
    expect(queue.isReachable).toBe(false);
    queue.appendReference(pattern(100));
    expect(queue.isReachable).toBe(true);
    queue.advance(10);
    expect(queue.isReachable).toBe(true);
    queue.advance(100);
    expect(queue.isReachable).toBe(false);
    queue.release();
  });

  test("appendCopy copies the bytes", () => {
    const queue = new OutputQueue();
    const bytes = pattern(5000);
    queue.appendCopy(bytes);
    queue.appendCopy(new Uint8Array(0));
    bytes.fill(0);
    expect(queue.length).toBe(5000);
    expect(hex(drain(queue))).toBe(hex(pattern(5000)));
  });

  test("does not pool a buffer of an unusual size", () => {
    const queue = new OutputQueue();
    for (const length of [outputBufferSize + 1, 1_052_673]) {
      queue.reserve(length);
      expect(queue.buffer.length).toBe(length);
      queue.commit(length);
      queue.advance(length);
      queue.release();
      queue.reserve(outputBufferSize);
      expect(queue.buffer.length).toBe(outputBufferSize);
    }
  });

  test("does not overwrite bytes that a transport may still refer to before release", () => {
    const [queue, other] = [new OutputQueue(), new OutputQueue()];
    write(queue, pattern(4000));
    const taken = queue.peek() ?? new Uint8Array(0);
    queue.advance(4000);
    write(queue, pattern(4000, 2));
    write(other, pattern(4000, 3));
    expect(hex(taken)).toBe(hex(pattern(4000)));
    expect(hex(drain(queue))).toBe(hex(pattern(4000, 2)));
    expect(hex(drain(other))).toBe(hex(pattern(4000, 3)));
  });

  test("returns long bytes in pieces of 1 MiB without a copy", () => {
    const queue = new OutputQueue();
    const large = pattern(2_500_000);
    expect(allocationsOf(() => queue.appendReference(large))).toEqual([]);
    expect(queue.length).toBe(2_500_000);
    const lengths: number[] = [];
    for (let piece = queue.peek(); piece !== undefined; piece = queue.peek()) {
      expect(piece.buffer).toBe(large.buffer);
      lengths.push(piece.length);
      queue.advance(piece.length);
    }
    expect(lengths).toEqual([1_048_576, 1_048_576, 402_848]);
    expect(queue.isBroken).toBe(false);
  });

  test("drops sent bytes even if it is never empty", () => {
    const queue = new OutputQueue();
    const waiting: Uint8Array[] = [];
    for (let turn = 0; turn < 1000; turn++) {
      const data = new Uint8Array(1 + (turn % 7)).fill(turn);
      queue.appendReference(data);
      waiting.push(data);
      if (turn < 5) continue;
      const first = waiting.shift() as Uint8Array;
      expect(queue.peek()).toBe(first);
      queue.advance(first.length);
    }
    const { pieces } = queue as unknown as { pieces: Uint8Array[] };
    expect(pieces.length).toBeLessThan(80);
    expect(pieces.filter(({ length }) => length > 0)).toEqual(waiting);
    expect(queue.length).toBe(waiting.reduce((sum, { length }) => sum + length, 0));
  });

  test("is broken by the transfer of waiting bytes, and then returns none", () => {
    for (const taken of [0, 4, 100]) {
      const queue = new OutputQueue();
      const data = pattern(100_000);
      write(queue, pattern(4));
      queue.appendReference(data);
      if (taken > 0) queue.advance(4);
      if (taken > 4) queue.advance(taken);
      expect(queue.peek()).toBeDefined();
      transfer(data);
      if (taken === 0) queue.advance(4);
      expect([queue.peek(), queue.isBroken]).toEqual([undefined, true]);
      expect(queue.peek()).toBeUndefined();
      queue.clear();
      expect([queue.length, queue.isBroken]).toEqual([0, false]);
    }
  });

  test("is broken by the transfer of bytes in flight, until their release", () => {
    for (const isReleased of [false, true]) {
      const queue = new OutputQueue();
      const data = pattern(100_000);
      queue.appendReference(data);
      queue.advance(100_000);
      if (isReleased) queue.release();
      transfer(data);
      write(queue, pattern(4));
      expect(queue.peek()).toEqual(isReleased ? pattern(4) : undefined);
      expect(queue.isBroken).toBe(!isReleased);
    }
  });

  test("clear drops everything, pieces and buffer", () => {
    const queue = new OutputQueue();
    write(queue, pattern(10));
    queue.appendReference(pattern(20));
    write(queue, pattern(30));
    queue.advance(5);
    queue.clear();
    expect([queue.length, queue.peek(), queue.buffer.length]).toEqual([0, undefined, 0]);
    write(queue, pattern(7));
    expect(hex(drain(queue))).toBe(hex(pattern(7)));
  });
});

describe("when more queues hold output than there are free buffers", () => {
  /** Fills queues in turns, so that their memory grows at different times. */
  function fill(count: number, lengths: readonly number[]) {
    const queues = Array.from({ length: count }, () => new OutputQueue());
    for (const [round, length] of lengths.entries()) {
      for (const [i, queue] of queues.entries()) write(queue, pattern(length, i + round));
    }
    return queues;
  }

  test.each([
    { lengths: [66] },
    { lengths: [66, 190, 66, 4_000] },
    { lengths: [256, 1, 70_000, 5] },
    { lengths: [257, 66] },
  ])("their bytes of $lengths stay in order", ({ lengths }) => {
    const queues = fill(600, lengths);
    for (const [i, queue] of queues.entries()) {
      const expected = concat(lengths.map((length, round) => pattern(length, i + round)));
      // 40 MiB are compared: byte by byte in the test runner, that takes half a minute.
      expect(Buffer.compare(drain(queue, 1_000), expected)).toBe(0);
      queue.release();
    }
  });

  test("they share memory, a part of which is never reused", () => {
    const queues = fill(600, [66]);
    const waiting = queues.map((queue) => queue.peek() as Uint8Array);
    expect(new Set(waiting.map(({ buffer }) => buffer)).size).toBeLessThan(400);
    const copies = waiting.map((bytes) => bytes.slice());
    for (const queue of queues.splice(300)) {
      drain(queue);
      queue.release();
    }
    const others = fill(600, [200]);
    for (const [i, queue] of queues.entries()) expect(queue.peek()).toEqual(copies[i]);
    for (const queue of [...queues, ...others]) {
      drain(queue);
      queue.release();
    }
  });
});

test("a released queue is reused, empty and without a buffer", () => {
  const first = acquireQueue();
  const second = acquireQueue();
  expect(second).not.toBe(first);
  first.appendCopy(pattern(3));
  first.advance(3);
  expect(releaseQueue(first)).toBe(true);
  expect(acquireQueue()).toBe(first);
  expect([first.length, first.peek(), first.buffer.length]).toEqual([0, undefined, 0]);
});

test("a queue that is not empty or is broken is not released", () => {
  const queue = acquireQueue();
  const data = pattern(100_000);
  queue.appendReference(data);
  expect(releaseQueue(queue)).toBe(false);
  queue.advance(100_000);
  transfer(data);
  expect(releaseQueue(queue)).toBe(false);
  expect(acquireQueue()).not.toBe(queue);
});

test("at most 64 queues are kept for reuse", () => {
  const queues = Array.from({ length: 70 }, acquireQueue);
  for (const queue of queues) expect(releaseQueue(queue)).toBe(true);
  const again = Array.from({ length: 70 }, acquireQueue);
  expect(new Set(again).size).toBe(70);
  expect(again.filter((queue) => queues.includes(queue)).length).toBe(64);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { BufferPool } from "../../src/bytes/buffer-pool.ts";

test("keeps at most the given number of buffers and returns the last released one first", () => {
  const pool = new BufferPool(2);
  expect(pool.acquire()).toBeUndefined();
  const buffers = [1, 2, 3].map((length) => new Uint8Array(length));
  expect(buffers.map((buffer) => pool.release(buffer))).toEqual([true, true, false]);
  expect(pool.size).toBe(2);
  expect([pool.acquire(), pool.acquire(), pool.acquire()]).toEqual([
    buffers[1],
    buffers[0],
    undefined,
  ]);
});

test("trim drops exactly the buffers that stayed free since the last trim", () => {
  const steps = fc.array(fc.constantFrom("acquire", "release", "trim"), { maxLength: 60 });
  fc.assert(
    fc.property(steps, (commands) => {
      const pool = new BufferPool(5);
      let free = 0;
      let fewest = 0;
      for (const command of commands) {
        if (command === "acquire") free -= pool.acquire() === undefined ? 0 : 1;
        else if (command === "release") free += pool.release(new Uint8Array(1)) ? 1 : 0;
        else {
          free -= fewest;
          expect(pool.trim()).toBe(free);
          fewest = free;
        }
        fewest = Math.min(fewest, free);
        expect(pool.size).toBe(free);
        expect(free).toBeLessThanOrEqual(5);
      }
    }),
  );
});

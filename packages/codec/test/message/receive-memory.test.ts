import fc from "fast-check";
import { expect, test } from "vitest";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";

test("counts reserved bytes up to the limit, and none that it refuses", () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 1000 }),
      fc.array(fc.integer({ min: -3, max: 400 })),
      (limit, steps) => {
        const memory = new ReceiveMemory(limit);
        const held: number[] = [];
        for (const step of steps) {
          const used = held.reduce((sum, bytes) => sum + bytes, 0);
          expect(memory.used).toBe(used);
          if (step < 0) memory.release(held.pop() ?? 0);
          else {
            expect(memory.reserve(step)).toBe(used + step <= limit);
            if (used + step <= limit) held.push(step);
          }
          expect(memory.used).toBeLessThanOrEqual(limit);
        }
        for (const bytes of held) memory.release(bytes);
        expect([memory.used, memory.limit]).toEqual([0, limit]);
      },
    ),
  );
});

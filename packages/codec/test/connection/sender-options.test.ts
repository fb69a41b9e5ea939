import { expect, test } from "vitest";
import { drawKey } from "../../src/connection/sender-options.ts";

test("a server draws no key", () => {
  const drawMaskingKey = () => 1;
  expect([drawKey({ drawMaskingKey }), drawKey({ role: "server", drawMaskingKey })]).toEqual([
    undefined,
    undefined,
  ]);
});

test("a client's key is that of its option, or unpredictable", () => {
  expect(drawKey({ role: "client", drawMaskingKey: () => -7 })).toBe(-7);
  const keys = new Set(Array.from({ length: 8 }, () => drawKey({ role: "client" })));
  expect(keys.size).toBeGreaterThan(1);
  expect([...keys].every((key) => key === (Number(key) | 0))).toBe(true);
});

import { expect, test } from "vitest";
import { isControl, Opcode } from "../src/opcode.ts";

test("has the values of section 5.2", () => {
  expect(Opcode).toEqual({
    Continuation: 0x0,
    Text: 0x1,
    Binary: 0x2,
    Close: 0x8,
    Ping: 0x9,
    Pong: 0xa,
  });
});

test("isControl is false for 0x0-0x7 and true for 0x8-0xf, including reserved opcodes", () => {
  const control = Array.from({ length: 16 }, (_, opcode) => opcode).filter(isControl);
  expect(control).toEqual([0x8, 0x9, 0xa, 0xb, 0xc, 0xd, 0xe, 0xf]);
});

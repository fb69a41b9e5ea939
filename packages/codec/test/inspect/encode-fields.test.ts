import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { encodeFrameFields, type FrameFields } from "../../src/inspect/encode-fields.ts";
import { bytes, hex } from "../bytes.ts";
import { writeFrame } from "../oracle/frame-writer.ts";
import { inspectAll } from "./drive.ts";

describe("encodes", () => {
  test.each([
    [
      "the masked text of section 5.7",
      { opcode: 1, maskingKey: 0x37fa213d, payload: bytes("48656c6c6f") },
      "818537fa213d7f9f4d5158",
    ],
    ["an unmasked text", { opcode: 1, payload: bytes("4869") }, "81024869"],
    ["all bits", { opcode: 15, fin: false, rsv1: true, rsv2: true, rsv3: true }, "7f00"],
    ["a length in too long a form", { opcode: 9, lengthBits: 16 as const }, "897e0000"],
    ["the longest length", { opcode: 2, payloadLength: 2n ** 64n - 1n }, "827fffffffffffffffff"],
    [
      "a length that is not the payload's",
      { opcode: 2, payloadLength: 300, payload: bytes("01") },
      "827e012c01",
    ],
    ["an empty payload with a negative key", { opcode: 10, maskingKey: -1 }, "8a80ffffffff"],
  ])("%s", (_, fields, wire) => {
    expect(hex(encodeFrameFields(fields))).toBe(wire);
  });

  test("what the inspector read, legal or not", () => {
    const frame = fc.record({
      fin: fc.boolean(),
      rsv: fc.constantFrom(0, 0x10, 0x20, 0x40, 0x70),
      opcode: fc.nat({ max: 15 }),
      payload: fc.oneof(fc.uint8Array({ maxLength: 9 }), fc.constant(new Uint8Array(200).fill(7))),
      maskingKey: fc.constantFrom(undefined, [0xff, 0, 1, 2]),
      lengthBits: fc.constantFrom(16 as const, 64 as const),
    });
    fc.assert(
      fc.property(frame, (fields) => {
        const wire = writeFrame(fields);
        const [{ unmasked, ...read }] = inspectAll([wire]).frames;
        expect(hex(encodeFrameFields({ ...read, payload: unmasked }))).toBe(hex(wire));
      }),
      { numRuns: runs(200) },
    );
  });
});

describe("throws for a field that does not fit", () => {
  test.each([
    [{ opcode: 16 }, "opcode must be an integer from 0 to 15, got 16"],
    [{ opcode: -1 }, "opcode must be an integer from 0 to 15, got -1"],
    [{ opcode: 1.5 }, "opcode must be an integer from 0 to 15, got 1.5"],
    [
      { opcode: 1, payloadLength: 126, lengthBits: 7 },
      "payloadLength must be 0 to 125 in 7 bits, got 126",
    ],
    [{ opcode: 1, payloadLength: -1 }, "payloadLength must be 0 to 125 in 7 bits, got -1"],
    [{ opcode: 1, payloadLength: 1.5 }, "payloadLength must be an integer, got 1.5"],
    [
      { opcode: 1, payloadLength: 2n ** 64n },
      "payloadLength must be 0 to 18446744073709551615 in 64 bits, got 18446744073709551616",
    ],
    [{ opcode: 1, lengthBits: 8 }, "lengthBits must be 7, 16 or 64, got 8"],
  ])("%o", (fields, message) => {
    expect(() => encodeFrameFields(fields as FrameFields)).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(message),
        code: "WS_ERR_INVALID_ARGUMENT",
      }),
    );
  });
});

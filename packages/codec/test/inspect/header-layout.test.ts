import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { headerFields, headerLengthOf, readHeaderValues } from "../../src/inspect/header-layout.ts";
import { bytes } from "../bytes.ts";

/** Each field as `name bit+bits=value`. */
function layout(wire: string): string[] {
  const fields = headerFields(bytes(wire));
  return fields.map(({ name, bit, bits, value }) => `${name} ${bit}+${bits}=${value}`);
}

const firstByte = ["fin 0+1=1", "rsv1 1+1=0", "rsv2 2+1=0", "rsv3 3+1=0", "opcode 4+4=1"];

describe("the bit ranges of the figure in section 5.2", () => {
  test.each([
    ["no bytes", "", []],
    ["one byte", "81", firstByte],
    ["7-bit length", "81 05", [...firstByte, "mask 8+1=0", "payloadLength 9+7=5"]],
    [
      "16-bit length and key",
      "81 fe 01 00 37 fa 21 3d",
      [
        ...firstByte,
        "mask 8+1=1",
        "payloadLength 9+7=126",
        "extendedPayloadLength 16+16=256",
        "maskingKey 32+32=939139389",
      ],
    ],
    [
      "64-bit length, exact, and a key that is cut off",
      "81 ff ff ff ff ff ff ff ff ff 37 fa 21",
      [
        ...firstByte,
        "mask 8+1=1",
        "payloadLength 9+7=127",
        "extendedPayloadLength 16+64=18446744073709551615",
      ],
    ],
    [
      "what follows the header is left out",
      "81 80 00 00 00 01 ff ff",
      [...firstByte, "mask 8+1=1", "payloadLength 9+7=0", "maskingKey 16+32=1"],
    ],
  ])("%s", (_, wire, fields) => {
    expect(layout(wire)).toEqual(fields);
  });

  test("cover every bit of any header once", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 14, maxLength: 14 }), (header) => {
        let next = 0;
        for (const { bit, bits } of headerFields(header)) {
          expect(bit).toBe(next);
          next = bit + bits;
        }
        expect(next).toBe(8 * headerLengthOf(header[1]));
      }),
      { numRuns: runs(200) },
    );
  });
});

describe("values", () => {
  test.each([
    ["81 05", { lengthBits: 7, payloadLength: 5n, isShortestLength: true }],
    ["81 7e 00 7d", { lengthBits: 16, payloadLength: 125n, isShortestLength: false }],
    ["81 7e 00 7e", { lengthBits: 16, payloadLength: 126n, isShortestLength: true }],
    ["81 7f 0000000000 00ffff", { lengthBits: 64, isShortestLength: false }],
    ["81 7f 0000000000 010000", { lengthBits: 64, isShortestLength: true }],
    ["81 7f ffffffffffffffff", { payloadLength: 2n ** 64n - 1n, maskingKey: undefined }],
    ["f3 80 ff000001", { rsv1: true, rsv2: true, rsv3: true, maskingKey: 0xff000001, opcode: 3 }],
    ["81", { fin: true, masked: false, payloadLength: 0n }],
  ])("of %s", (wire, values) => {
    const data = bytes(wire);
    expect(readHeaderValues(data, data.length)).toMatchObject(values);
  });
});

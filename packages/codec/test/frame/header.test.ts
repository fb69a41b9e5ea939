import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, runs } from "../../../../test-depth.ts";
import {
  FrameBit,
  FrameHeader,
  frameHeaderLength,
  maxFrameHeaderLength,
  readFrameHeader,
  writeFrameHeader,
} from "../../src/frame/header.ts";
import { bytes, concat, hex } from "../bytes.ts";
import { readFrames } from "../oracle/frame-reader.ts";
import { writeFrame } from "../oracle/frame-writer.ts";

function read(data: Uint8Array, offset = 0): { length: number; header: FrameHeader } {
  const header = new FrameHeader();
  return { length: readFrameHeader(data, offset, data.length, header), header };
}

function keyOctets(key: number): number[] {
  return [key >>> 24, (key >>> 16) & 255, (key >>> 8) & 255, key & 255];
}

describe("readFrameHeader", () => {
  test.each([
    ["unmasked text", "81 05", 2, { fin: true, opcode: 1, masked: false, payloadLength: 5 }],
    [
      "masked text",
      "81 85 37 fa 21 3d",
      6,
      { fin: true, opcode: 1, masked: true, payloadLength: 5, maskingKey: 0x37fa213d },
    ],
    ["first fragment", "01 03", 2, { fin: false, opcode: 1, payloadLength: 3 }],
    ["last fragment", "80 02", 2, { fin: true, opcode: 0, payloadLength: 2 }],
    ["ping", "89 05", 2, { fin: true, opcode: 9, payloadLength: 5 }],
    ["256 bytes", "82 7e 0100", 4, { opcode: 2, payloadLength: 256, lengthBits: 16 }],
    ["64 KiB", "82 7f 0000000000010000", 10, { payloadLength: 65_536, lengthBits: 64 }],
  ])("reads the example of section 5.7: %s", (_, text, length, fields) => {
    const result = read(bytes(text));
    expect(result.length).toBe(length);
    expect(result.header).toMatchObject(fields);
  });

  test("agrees with the bits of section 5.2 for all first two bytes", () => {
    const wrong: string[] = [];
    const rest = bytes("0007 000000000003 a1b2c3d4");
    for (const first of integers(65_536)) {
      // Extended lengths are limited to payloads that the oracle can hold.
      const length7 = first & 0x7f;
      const extended = length7 === 126 ? "0003" : length7 === 127 ? "0000000000000003" : "";
      const data = concat([
        Uint8Array.of(first >> 8, first),
        bytes(extended),
        rest,
        new Uint8Array(127),
      ]);
      const { length, header } = read(data);
      const frame = readFrames(data, 1).frames[0];
      const key = keyOctets(header.maskingKey);
      const same =
        header.fin === frame.fin &&
        header.rsv1 === frame.rsv1 &&
        header.rsv2 === frame.rsv2 &&
        header.rsv3 === frame.rsv3 &&
        header.opcode === frame.opcode &&
        header.masked === frame.masked &&
        header.lengthBits === frame.lengthBits &&
        BigInt(header.payloadLength) === frame.payloadLength &&
        hex(key) === hex(frame.masked ? frame.maskingKey : [0, 0, 0, 0]) &&
        length === 2 + extended.length / 2 + (frame.masked ? 4 : 0);
      if (!same) wrong.push(hex(data.subarray(0, 14)));
    }
    expect(wrong).toEqual([]);
  });

  test("reads every 16-bit length", () => {
    const wrong: number[] = [];
    for (let length = 0; length <= 0xffff; length++) {
      const { header } = read(Uint8Array.of(0x82, 126, length >> 8, length));
      if (header.payloadLength !== length) wrong.push(length);
    }
    expect(wrong).toEqual([]);
  });

  test("reads 64-bit lengths in two exact halves", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), (length) => {
        const data = writeFrame({ opcode: 2, declaredLength: length, lengthBits: 64 });
        const { header } = read(data);
        expect(BigInt(header.payloadLengthHigh)).toBe(length >> 32n);
        expect(BigInt(header.payloadLengthLow)).toBe(length & 0xffff_ffffn);
        expect(header.payloadLength).toBe(
          Number(length >> 32n) * 2 ** 32 + Number(length & 0xffff_ffffn),
        );
      }),
    );
  });

  test.each([
    "81 05",
    "81 85 37fa213d",
    "82 7e 0100",
    "82 fe 0100 37fa213d",
    "82 7f 0000000000010000",
    "82 ff 0000000000010000 37fa213d",
  ])("waits for all of %s and sets no field before", (text) => {
    const data = concat([Uint8Array.of(0xee), bytes(text), Uint8Array.of(0xee)]);
    const header = new FrameHeader();
    const untouched = { ...header };
    for (let end = 1; end < data.length - 1; end++) {
      expect(readFrameHeader(data, 1, end, header)).toBe(0);
      expect({ ...header }).toEqual(untouched);
    }
    expect(readFrameHeader(data, 1, data.length - 1, header)).toBe(data.length - 2);
  });

  test("overwrites every field of the previous header", () => {
    const header = new FrameHeader();
    readFrameHeader(bytes("ff ff 0102030405060708 0a0b0c0d"), 0, 14, header);
    readFrameHeader(bytes("01 00"), 0, 2, header);
    expect({ ...header }).toEqual({ ...new FrameHeader(), opcode: 1 });
  });
});

test("setShort sets the fields as readFrameHeader does", () => {
  for (const maskingKey of [undefined, [0, 0, 0, 0], [0xf2, 0x34, 0x56, 0x78]]) {
    for (const [opcode, length] of [
      [1, 0],
      [2, 125],
      [1, 126],
      [2, 65_535],
    ]) {
      const frame = writeFrame({ opcode, payload: Array(length).fill(0), maskingKey });
      const header = new FrameHeader();
      readFrameHeader(bytes("7f ff 0102030405060708 0a0b0c0d"), 0, 14, header);
      const [key0, key1, key2, key3] = maskingKey ?? [0, 0, 0, 0];
      const key = (key0 << 24) | (key1 << 16) | (key2 << 8) | key3;
      header.setShort(opcode, length, maskingKey !== undefined, key);
      expect({ ...header }).toEqual({ ...read(frame).header });
    }
  }
});

function firstByteOf(fin: boolean, rsv1: boolean, opcode: number): number {
  return (fin ? FrameBit.Fin : 0) | (rsv1 ? FrameBit.Rsv1 : 0) | opcode;
}

describe("writeFrameHeader", () => {
  const length = fc.oneof(
    fc.constantFrom(0, 125, 126, 127, 65_535, 65_536, 2 ** 31, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1),
    fc.nat({ max: 70_000 }),
    fc.maxSafeNat(),
  );

  test("writes what the oracle writes, in the shortest form, and no other byte", () => {
    fc.assert(
      fc.property(
        fc.record({
          fin: fc.boolean(),
          rsv1: fc.boolean(),
          opcode: fc.nat({ max: 15 }),
          length,
          key: fc.option(fc.integer(), { nil: undefined }),
          offset: fc.nat({ max: 3 }),
        }),
        ({ fin, rsv1, opcode, length, key, offset }) => {
          const expected = writeFrame({
            fin,
            rsv: rsv1 ? 0x40 : 0,
            opcode,
            declaredLength: BigInt(length),
            maskingKey: key === undefined ? undefined : keyOctets(key),
          });
          const out = new Uint8Array(offset + maxFrameHeaderLength + 1);
          const end = writeFrameHeader(out, offset, firstByteOf(fin, rsv1, opcode), length, key);
          expect(hex(out.subarray(offset, end))).toBe(hex(expected));
          expect(hex(out.subarray(end))).toBe("00".repeat(out.length - end));
          expect(frameHeaderLength(length, key)).toBe(end - offset);
        },
      ),
      { numRuns: runs(500) },
    );
  });

  test("round-trips through readFrameHeader", () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.nat({ max: 15 }),
        length,
        fc.integer(),
        (fin, rsv1, opcode, length, key) => {
          const out = new Uint8Array(maxFrameHeaderLength);
          const end = writeFrameHeader(out, 0, firstByteOf(fin, rsv1, opcode), length, key);
          const result = read(out.subarray(0, end));
          expect(result.length).toBe(end);
          expect(result.header).toMatchObject({ fin, rsv1, opcode, masked: true, maskingKey: key });
          expect(result.header.payloadLength).toBe(length);
        },
      ),
    );
  });

  test("accepts a key as a signed and as an unsigned integer", () => {
    const out = new Uint8Array(6);
    for (const key of [0xdeadbeef, 0xdeadbeef | 0]) {
      writeFrameHeader(out, 0, FrameBit.Fin | 1, 5, key);
      expect(hex(out)).toBe("8185deadbeef");
    }
  });
});

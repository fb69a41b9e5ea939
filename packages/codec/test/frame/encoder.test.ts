import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import {
  encodeFrame,
  encodeTextFrame,
  type FrameInit,
  maxTextFrameLength,
} from "../../src/frame/encoder.ts";
import { FrameBit, frameHeaderLength } from "../../src/frame/header.ts";
import { Opcode } from "../../src/opcode.ts";
import { anyText, payload } from "../arbitraries.ts";
import { ascii, bytes, concat, hex, pattern, transfer } from "../bytes.ts";
import { readFrames } from "../oracle/frame-reader.ts";
import { writeFrame } from "../oracle/frame-writer.ts";

const key = 0x37fa213d;
const keyOctets = [0x37, 0xfa, 0x21, 0x3d];

function encode(
  fin: boolean,
  opcode: number,
  data: Uint8Array,
  maskingKey: number | undefined,
): Uint8Array {
  const out = new Uint8Array(data.length + 14);
  const firstByte = (fin ? FrameBit.Fin : 0) | opcode;
  return out.subarray(0, encodeFrame(out, 0, firstByte, data, maskingKey));
}

describe("the examples of section 5.7", () => {
  const hello = ascii("Hello");
  const long256 = pattern(256);
  const long64k = pattern(65_536);
  test.each([
    ["unmasked text", encode(true, 1, hello, undefined), "81 05 48 65 6c 6c 6f"],
    ["masked text", encode(true, 1, hello, key), "81 85 37 fa 21 3d 7f 9f 4d 51 58"],
    ["first fragment", encode(false, 1, ascii("Hel"), undefined), "01 03 48 65 6c"],
    ["last fragment", encode(true, 0, ascii("lo"), undefined), "80 02 6c 6f"],
    ["ping", encode(true, 9, hello, undefined), "89 05 48 65 6c 6c 6f"],
    ["masked pong", encode(true, 10, hello, key), "8a 85 37 fa 21 3d 7f 9f 4d 51 58"],
    ["256 bytes", encode(true, 2, long256, undefined), `82 7e 0100${hex(long256)}`],
    ["64 KiB", encode(true, 2, long64k, undefined), `82 7f 0000000000010000${hex(long64k)}`],
  ])("%s", (_, encoded, expected) => {
    expect(hex(encoded)).toBe(hex(bytes(expected)));
  });

  test.each([
    ["unmasked", undefined, "81 05 48 65 6c 6c 6f"],
    ["masked", key, "81 85 37 fa 21 3d 7f 9f 4d 51 58"],
  ])("%s text from a string", (_, maskingKey, expected) => {
    const out = new Uint8Array(maxTextFrameLength("Hello"));
    const end = encodeTextFrame(out, 0, "Hello", maskingKey);
    expect(hex(out.subarray(0, end))).toBe(hex(bytes(expected)));
  });
});

const maskingKey = fc.option(fc.constant(key), { nil: undefined });

test("a frame is what the oracle writes, and no other byte is modified", () => {
  fc.assert(
    fc.property(
      fc.record({
        fin: fc.boolean(),
        rsv1: fc.boolean(),
        opcode: fc.nat({ max: 15 }),
        data: payload,
        maskingKey,
        offset: fc.nat({ max: 5 }),
      }),
      ({ fin, rsv1, opcode, data, maskingKey, offset }) => {
        const expected = writeFrame({
          fin,
          rsv: rsv1 ? 0x40 : 0,
          opcode,
          payload: data,
          maskingKey: maskingKey === undefined ? undefined : keyOctets,
        });
        const firstByte = (fin ? FrameBit.Fin : 0) | (rsv1 ? FrameBit.Rsv1 : 0) | opcode;
        const before = hex(data);
        const out = new Uint8Array(offset + expected.length + 3).fill(0xee);
        const end = encodeFrame(out, offset, firstByte, data, maskingKey);
        expect(end).toBe(offset + expected.length);
        expect(hex(out)).toBe(`${"ee".repeat(offset)}${hex(expected)}eeeeee`);
        expect(hex(data)).toBe(before);
      },
    ),
    { numRuns: runs(300) },
  );
});

test("a text frame is the frame of its bytes and at most maxTextFrameLength long", () => {
  const text = fc.oneof(
    anyText,
    fc
      .tuple(anyText, fc.constantFrom(41, 42, 43, 125, 126, 4096, 4097, 21_845, 65_535, 65_536))
      .map(([start, length]) => start + "x".repeat(length)),
    fc
      .tuple(fc.constantFrom("\u20ac", "\u00e9", "\u{1f600}", "\ud800"), fc.nat({ max: 300 }))
      .map(([character, count]) => character.repeat(count)),
  );
  fc.assert(
    fc.property(text, maskingKey, (text, maskingKey) => {
      const most = maxTextFrameLength(text);
      const out = new Uint8Array(most);
      const end = encodeTextFrame(out, 0, text, maskingKey);
      const expected = writeFrame({
        opcode: 1,
        payload: new TextEncoder().encode(text),
        maskingKey: maskingKey === undefined ? undefined : keyOctets,
      });
      expect(hex(out.subarray(0, end))).toBe(hex(expected));
      expect(end).toBeLessThanOrEqual(most);
    }),
    { numRuns: runs(300) },
  );
});

test("texts of every length around the boundaries between header forms", () => {
  const wrong: string[] = [];
  for (const character of ["x", "\u00e9", "\u20ac", "\u{1f600}"]) {
    for (const border of [125, 126, 4096, 65_535, 65_536]) {
      const size = new TextEncoder().encode(character).length;
      const most = Math.floor(border / size);
      for (let count = most - 2; count <= most + 2; count++) {
        const text = character.repeat(count);
        const out = new Uint8Array(maxTextFrameLength(text));
        const end = encodeTextFrame(out, 0, text, undefined);
        const expected = writeFrame({ opcode: 1, payload: new TextEncoder().encode(text) });
        if (hex(out.subarray(0, end)) !== hex(expected)) wrong.push(`${count} x ${character}`);
      }
    }
  }
  expect(wrong).toEqual([]);
});

test("consecutive frames are read by the bit reader of section 5.2", () => {
  const frame = fc.record({
    fin: fc.boolean(),
    opcode: fc.nat({ max: 15 }),
    data: fc.uint8Array({ maxLength: 200 }),
    maskingKey,
  });
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 6 }), (list) => {
      const wire = concat(
        list.map((item) => encode(item.fin, item.opcode, item.data, item.maskingKey)),
      );
      const { frames, left } = readFrames(wire);
      expect(left).toBe(0);
      expect(frames.map((read) => [read.fin, read.opcode, hex(read.payload), read.masked])).toEqual(
        list.map((item) => [item.fin, item.opcode, hex(item.data), item.maskingKey !== undefined]),
      );
    }),
  );
});

test.each([undefined, 0x37fa213d])(
  "a payload that has grown since its length was read is cut (masking key %s)",
  (maskingKey) => {
    for (const length of [0, 5, 17, 60, 125, 126, 1_000, 70_000]) {
      const payload = new Uint8Array(length + 3).fill(7);
      const whole = new Uint8Array(frameHeaderLength(length, maskingKey) + length);
      const expected = whole.slice();
      encodeFrame(expected, 0, 0x82, payload.slice(0, length), maskingKey);
      expect(encodeFrame(whole, 0, 0x82, payload, maskingKey, length)).toBe(whole.length);
      expect(hex(whole)).toBe(hex(expected));
    }
  },
);

describe("encodeFrame with an object", () => {
  test.each<[string, FrameInit, string]>([
    ["text", { payload: "Hello" }, "81 05 48 65 6c 6c 6f"],
    ["bytes", { payload: ascii("Hello") }, "82 05 48 65 6c 6c 6f"],
    ["masked text", { payload: "Hello", maskingKey: key }, "81 85 37 fa 21 3d 7f 9f 4d 51 58"],
    ["a fragment", { payload: "Hel", fin: false }, "01 03 48 65 6c"],
    ["the last fragment", { opcode: Opcode.Continuation, payload: "lo" }, "80 02 6c 6f"],
    ["a Ping", { opcode: Opcode.Ping }, "89 00"],
    ["a masked Pong", { opcode: Opcode.Pong, maskingKey: key }, "8a 80 37 fa 21 3d"],
    ["nothing", {}, "82 00"],
    ["compressed", { payload: bytes("00"), rsv1: true }, "c2 01 00"],
    ["UTF-8", { payload: "\u00e9" }, "81 02 c3 a9"],
  ])("encodes %s", (_, frame, expected) => {
    expect(hex(encodeFrame(frame))).toBe(hex(bytes(expected)));
  });

  test("takes keys with any bit set, signed or unsigned", () => {
    const signed = encodeFrame({ payload: "a", maskingKey: 0xdeadbeef | 0 });
    expect(hex(encodeFrame({ payload: "a", maskingKey: 0xdeadbeef }))).toBe(hex(signed));
  });

  const invalid = "WS_ERR_INVALID_ARGUMENT";
  test.each([
    ["opcode must be 0, 1, 2, 8, 9 or 10, got 3", { opcode: 3 }],
    ['opcode must be 0, 1, 2, 8, 9 or 10, got "1"', { opcode: "1" }],
    ["maskingKey must be a 32-bit integer, got 1.5", { maskingKey: 1.5 }],
    ["maskingKey must be a 32-bit integer, got 4294967296", { maskingKey: 2 ** 32 }],
    ["maskingKey must be a 32-bit integer, got null", { maskingKey: null }],
    ["a control frame needs fin and at most 125 bytes", { opcode: 8, fin: false }],
    ["a control frame needs fin and at most 125 bytes", { opcode: 9, payload: pattern(126) }],
  ])("throws a RangeError: %s", (message, frame) => {
    const encode = () => encodeFrame(frame as FrameInit);
    expect(encode).toThrow(RangeError);
    expect(encode).toThrow(
      expect.objectContaining({ message: `${message} (${invalid})`, code: invalid }),
    );
  });

  test("throws a TypeError for a payload that is no bytes, or has lost them", () => {
    const encode = () => encodeFrame({ payload: [1] as unknown as Uint8Array });
    const message = `payload must be a string or a Uint8Array, got object (${invalid})`;
    expect(encode).toThrow(TypeError);
    expect(encode).toThrow(expect.objectContaining({ message, code: invalid }));
    const lost = pattern(5);
    transfer(lost);
    const code = "WS_ERR_DETACHED_BYTES";
    expect(() => encodeFrame({ payload: lost })).toThrow(expect.objectContaining({ code }));
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, runs } from "../../../../test-depth.ts";
import { chunkSizes, legalFrames, role, wireFor } from "../arbitraries.ts";
import { bytes, concat, cut, hex } from "../bytes.ts";
import { deflateMessage } from "../deflate/compressors.ts";
import { type FrameToWrite, frameFor, writeFrame } from "../oracle/frame-writer.ts";
import { situations } from "../oracle/legality.ts";
import { codesOf, firstStrictCode, inspectAll, strictCode } from "./drive.ts";

/** Frames of any opcode, bits, length form and length, most of them near a legal one. */
const anyFrame: fc.Arbitrary<Uint8Array> = fc
  .record({
    fin: fc.boolean(),
    rsv: fc.constantFrom(0, 0, 0, 0, 0, 0x40, 0x20, 0x10),
    opcode: fc.oneof(
      { weight: 9, arbitrary: fc.constantFrom(0, 1, 2, 8, 9, 10) },
      { weight: 1, arbitrary: fc.nat({ max: 15 }) },
    ),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 6 }),
      fc.string({ unit: "binary", maxLength: 8 }).map((text) => new TextEncoder().encode(text)),
      fc.integer({ min: 990, max: 5010 }).map((code) => Uint8Array.of(code >> 8, code)),
      fc.constant(new Uint8Array(130).fill(0x61)),
    ),
    isMasked: fc.boolean(),
    lengthBits: fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      { weight: 2, arbitrary: fc.constantFrom(16 as const, 64 as const) },
    ),
    declared: fc.oneof(
      { weight: 6, arbitrary: fc.constant(undefined) },
      { weight: 2, arbitrary: fc.constantFrom(3n, 2n ** 63n + 1n) },
    ),
  })
  .map(({ isMasked, lengthBits, declared, ...frame }) => {
    const maskingKey = isMasked ? [0x37, 0xfa, 0x21, 0x3d] : undefined;
    const form: Partial<FrameToWrite> = {};
    if (lengthBits !== undefined || (declared ?? 0n) > 125n) form.lengthBits = lengthBits ?? 64;
    if (declared !== undefined && form.lengthBits !== 16) form.declaredLength = declared;
    return writeFrame({ ...frame, maskingKey, ...form });
  });

/** Frames whose MASK bit is right, which come further. */
const nearFrames = (receiver: "client" | "server") =>
  fc.array(
    anyFrame.map((frame) => {
      const isMasked = (frame[1] & 0x80) !== 0;
      return isMasked === (receiver === "server") ? frame : new Uint8Array(0);
    }),
    { maxLength: 12 },
  );

const input = role.chain((receiver) =>
  fc.record({
    receiver: fc.constant(receiver),
    wire: fc
      .tuple(nearFrames(receiver), fc.uint8Array({ maxLength: 4 }))
      .map(([frames, rest]) => concat([...frames, rest])),
    withDeflate: fc.boolean(),
    sizes: chunkSizes,
  }),
);

const deflateOption = (withDeflate: boolean) => (withDeflate ? { deflate: {} } : {});

describe("beside a strict connection", () => {
  test("all first two bytes have the same first fault, in every situation", () => {
    const wrong: string[] = [];
    for (const { role, inMessage, rsv1Negotiated } of situations) {
      const opening = inMessage ? frameFor(role, { fin: false, opcode: 2 }) : new Uint8Array(0);
      for (const first of integers(65_536, 211)) {
        const wire = concat([opening, Uint8Array.of(first >> 8, first)]);
        const strict = strictCode(wire, role, rsv1Negotiated);
        const { frames } = inspectAll([wire], { role, ...deflateOption(rsv1Negotiated) });
        const code = firstStrictCode(frames);
        if (code !== strict) wrong.push(`${role} ${hex(wire)}: ${code}, not ${strict}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("any bytes have the same first fault", () => {
    fc.assert(
      fc.property(input, ({ receiver, wire, withDeflate }) => {
        const { frames } = inspectAll([wire], { role: receiver, ...deflateOption(withDeflate) });
        expect(firstStrictCode(frames)).toBe(strictCode(wire, receiver, withDeflate));
      }),
      { numRuns: runs(3000) },
    );
  });

  test("damaged compressed messages have the same first fault", () => {
    const compressed = fc
      .tuple(
        fc.string({ maxLength: 300 }),
        fc.constantFrom(1, 2),
        fc.nat(),
        fc.nat({ max: 255 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
      )
      .map(([text, opcode, at, flip, border]) => {
        const payload = deflateMessage(new TextEncoder().encode(text.repeat(3)));
        payload[at % payload.length] ^= flip;
        const middle = Math.floor(border * payload.length);
        return concat([
          frameFor("server", {
            fin: false,
            rsv: 0x40,
            opcode,
            payload: payload.slice(0, middle),
          }),
          frameFor("server", { opcode: 9, fin: flip !== 7 }),
          frameFor("server", { opcode: 0, payload: payload.slice(middle) }),
        ]);
      });
    fc.assert(
      fc.property(fc.array(compressed, { maxLength: 3 }), (parts) => {
        const wire = concat(parts);
        const { frames } = inspectAll([wire], { role: "server", deflate: {} });
        expect(firstStrictCode(frames)).toBe(strictCode(wire, "server", true));
      }),
      { numRuns: runs(1000) },
    );
  });

  test("legal frames have no faults", () => {
    fc.assert(
      fc.property(role, legalFrames, (role, legal) => {
        const { frames, inspector } = inspectAll([wireFor(role, legal)], { role });
        expect(codesOf(frames)).toEqual([]);
        expect(inspector.endFaults).toEqual([]);
        expect(frames.map(({ unmasked }) => hex(unmasked).slice(0, 40))).toEqual(
          legal.map(({ payload = [] }) => hex(payload).slice(0, 40)),
        );
      }),
      { numRuns: runs(200) },
    );
  });
});

describe("any chunking", () => {
  test("gives the same frames and faults", () => {
    fc.assert(
      fc.property(input, ({ receiver, wire, withDeflate, sizes }) => {
        const options = { role: receiver, ...deflateOption(withDeflate) };
        const whole = inspectAll([wire], options);
        const pieces = inspectAll(cut(wire, sizes), options);
        expect(pieces.frames).toEqual(whole.frames);
        expect(pieces.inspector.endFaults).toEqual(whole.inspector.endFaults);
      }),
      { numRuns: runs(1000) },
    );
  });

  test("keeps what is pushed while earlier bytes are not inspected", () => {
    const wire = bytes("81 05 48 65 6c 6c 6f 01 03 48 65 6c 80 02 6c 6f");
    const { frames } = inspectAll([wire], { role: "client" });
    expect(frames.map(({ text }) => text)).toEqual(["Hello", "Hel", "lo"]);
  });
});

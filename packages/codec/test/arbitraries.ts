import fc from "fast-check";
import { concat } from "./bytes.ts";
import { type FrameToWrite, frameFor } from "./oracle/frame-writer.ts";

/** Small lengths, and lengths on both sides of every boundary in the frame format. */
export const payloadLength: fc.Arbitrary<number> = fc.oneof(
  { weight: 6, arbitrary: fc.nat({ max: 140 }) },
  { weight: 2, arbitrary: fc.constantFrom(0, 1, 124, 125, 126, 127, 128, 255, 256) },
  { weight: 1, arbitrary: fc.constantFrom(16_383, 16_384, 65_535, 65_536, 65_537) },
);

/** Bytes of any `payloadLength`. They repeat a short piece, which is cheap to generate. */
export const payload: fc.Arbitrary<Uint8Array> = fc
  .tuple(payloadLength, fc.uint8Array({ minLength: 1, maxLength: 31 }))
  .map(([length, piece]) => new Uint8Array(length).map((_, i) => piece[i % piece.length]));

export const controlPayload: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.uint8Array({ maxLength: 20 }),
  fc.uint8Array({ minLength: 120, maxLength: 125 }),
);

/** Any JavaScript string, with surrogate pairs, lone surrogates and byte-order marks. */
export const anyText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0x20, max: 0x7e }),
      fc.constantFrom(0, 0x7f, 0x80, 0x7ff, 0x800, 0xfffd, 0xfeff, 0xffff),
      fc.integer({ min: 0xd800, max: 0xdfff }),
      fc.integer({ min: 0, max: 0xffff }),
    ),
    { maxLength: 60 },
  )
  .map((units) => String.fromCharCode(...units));

/** Text without lone surrogates, which UTF-8 cannot encode. */
export const wellFormedText: fc.Arbitrary<string> = fc.string({ unit: "binary", maxLength: 60 });

/** Chunk sizes for `cut`. */
export const chunkSizes: fc.Arbitrary<number[]> = fc.oneof(
  fc.constant<number[]>([1]),
  fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
  fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 6 }),
);

const controlFrame: fc.Arbitrary<FrameToWrite> = fc.record({
  opcode: fc.constantFrom(0x9, 0xa),
  payload: controlPayload,
});

const messageBody = fc.oneof(
  wellFormedText.map((text) => ({ opcode: 0x1, body: new TextEncoder().encode(text) })),
  payload.map((body) => ({ opcode: 0x2, body })),
);

/** One message in any number of fragments, cut anywhere, with control frames between them. */
const messageFrames: fc.Arbitrary<FrameToWrite[]> = fc
  .tuple(
    messageBody,
    fc.array(
      fc.record({
        at: fc.double({ min: 0, max: 1, noNaN: true }),
        between: fc.array(controlFrame, { maxLength: 2 }),
      }),
      { maxLength: 4 },
    ),
  )
  .map(([{ opcode, body }, cuts]) => {
    const frames: FrameToWrite[] = [];
    const borders = cuts.map((at) => ({ ...at, index: Math.floor(at.at * body.length) }));
    borders.sort((left, right) => left.index - right.index);
    let start = 0;
    for (const { index, between } of borders) {
      const first = start === 0 && frames.length === 0;
      frames.push({ fin: false, opcode: first ? opcode : 0, payload: body.slice(start, index) });
      frames.push(...between);
      start = index;
    }
    frames.push({ opcode: frames.length === 0 ? opcode : 0, payload: body.slice(start) });
    return frames;
  });

/** A legal sequence of frames from one endpoint, without a Close frame. */
export const legalFrames: fc.Arbitrary<FrameToWrite[]> = fc
  .array(fc.oneof(messageFrames, fc.tuple(controlFrame)), { maxLength: 8 })
  .map((groups) => groups.flat());

export const role: fc.Arbitrary<"client" | "server"> = fc.constantFrom("client", "server");

/** Encodes frames as the receiver's peer sends them: masked if the receiver is a server. */
export function wireFor(receiver: "client" | "server", frames: readonly FrameToWrite[]) {
  return concat(frames.map((frame) => frameFor(receiver, frame)));
}

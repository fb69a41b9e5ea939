import fc from "fast-check";
import { chunkSizes, legalFrames, role, wellFormedText } from "../../../codec/test/arbitraries.ts";
import { concat } from "../../../codec/test/bytes.ts";
import { type FrameToWrite, frameFor } from "../../../codec/test/oracle/frame-writer.ts";
import { splitFrames } from "./frame-span.ts";
import { describeSituation, type Limits, type Role, type Situation } from "./outcome.ts";

/** A stream and the sizes of its chunks. */
export interface CutStream {
  readonly situation: Situation;
  readonly sizes: readonly number[];
}

/**
 * Approximate maximum number of chunks. The time of ws is quadratic in the number of queued chunks.
 */
const mostChunks = 500;

/**
 * Limits the number of chunks of a long stream, and adds the description that fast-check prints.
 */
function readable(situation: Situation, wantedSizes: readonly number[]): CutStream {
  const average = wantedSizes.reduce((sum, size) => sum + size, 0) / wantedSizes.length;
  const factor = Math.max(1, Math.ceil(situation.stream.length / average / mostChunks));
  const sizes = wantedSizes.map((size) => size * factor);
  const print = () => `${describeSituation(situation)}\ncut into ${sizes}`;
  return Object.defineProperty({ situation, sizes }, fc.toStringMethod, { value: print });
}

function wire(receiver: Role, frames: readonly FrameToWrite[]): Uint8Array {
  return concat(frames.map((frame) => frameFor(receiver, frame)));
}

/** Characters at the limits of each length in UTF-8. */
const borderText = fc
  .array(
    fc.constantFrom(
      ...[..."a\u007f\u0080\u07ff\u0800\u0fff\u1000\ud7ff\ue000\uffff\u{10000}\u{10ffff}"],
    ),
    {
      minLength: 1,
      maxLength: 20,
    },
  )
  .map((characters) => characters.join(""));

/** Text long enough for every validation method, in fragments that may split characters. */
const longText: fc.Arbitrary<FrameToWrite[]> = fc
  .tuple(
    fc.oneof(wellFormedText, borderText),
    fc.integer({ min: 1, max: 40 }),
    fc.array(fc.nat(), { maxLength: 4 }),
  )
  .map(([piece, times, cuts]) => {
    const payload = new TextEncoder().encode(`${piece}\u20ac`.repeat(times));
    const borders = [0, ...cuts.map((at) => at % payload.length), payload.length];
    borders.sort((left, right) => left - right);
    return borders.slice(1).map((border, index) => ({
      opcode: index === 0 ? 1 : 0,
      fin: index === cuts.length,
      payload: payload.slice(borders[index], border),
    }));
  });

const closeFrame: fc.Arbitrary<FrameToWrite> = fc
  .tuple(
    fc.constantFrom(1000, 1001, 1003, 1007, 1011, 1012, 1014, 3000, 4999),
    fc.string({ unit: "binary", maxLength: 30 }),
  )
  .map(([statusCode, reason]) => ({
    opcode: 8,
    payload: [statusCode >> 8, statusCode & 255, ...new TextEncoder().encode(reason)],
  }));

const lastFrames: fc.Arbitrary<FrameToWrite[]> = fc.oneof(
  { weight: 3, arbitrary: fc.constant<FrameToWrite[]>([]) },
  { weight: 1, arbitrary: fc.constant<FrameToWrite[]>([{ opcode: 8 }]) },
  { weight: 3, arbitrary: fc.tuple(closeFrame, fc.constant<FrameToWrite>({ opcode: 9 })) },
);

const conversation: fc.Arbitrary<FrameToWrite[]> = fc
  .tuple(legalFrames, fc.oneof(fc.constant([]), longText), lastFrames)
  .map((groups) => groups.flat());

const wideLimits: Limits = { maxMessageSize: 1 << 20, maxFragments: 1000 };
const limits: fc.Arbitrary<Limits> = fc.oneof(
  fc.constant(wideLimits),
  fc.record({
    maxMessageSize: fc.constantFrom(1, 50, 125, 126, 1000, 65_535, 65_536),
    maxFragments: fc.integer({ min: 1, max: 5 }),
  }),
);

/** Valid streams. */
export const validStream: fc.Arbitrary<CutStream> = fc
  .tuple(role, conversation, chunkSizes)
  .map(([role, frames, sizes]) =>
    readable({ role, limits: wideLimits, stream: wire(role, frames) }, sizes),
  );

/**
 * UTF-8 that is truncated, invalid, overlong, a surrogate or beyond U+10FFFF; and some that is
 * valid.
 */
const oddText = fc.constantFrom(
  ...[[0xff], [0x80], [0xe2, 0x82], [0xac], [0xc0, 0xaf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80]],
  ...[[0xf0, 0x80, 0x80, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xf5], [0xf0, 0x9f, 0x98], [0x80, 0x61]],
  ...[
    [0xef, 0xbb, 0xbf],
    [0xf4, 0x8f, 0xbf, 0xbf],
    [0x61, 0xc3],
    [0xa9, 0x62],
  ],
);

const paddedOddText = fc
  .tuple(fc.constantFrom(0, 1, 20, 30, 252, 253, 254, 255, 256, 300), oddText, fc.nat({ max: 30 }))
  .map(([before, odd, after]) => [
    ...new Array<number>(before).fill(0x61),
    ...odd,
    ...new Array<number>(after).fill(0x62),
  ]);

const oddClosePayload = fc.oneof(
  fc.uint8Array({ minLength: 1, maxLength: 1 }).map((octets) => [...octets]),
  fc.nat({ max: 65_535 }).map((statusCode) => [statusCode >> 8, statusCode & 255]),
  fc.integer({ min: 990, max: 1020 }).map((statusCode) => [statusCode >> 8, statusCode & 255]),
  oddText.map((odd) => [0x03, 0xe8, ...odd]),
);

const oddLength = fc.constantFrom(
  ...[0n, 1n, 125n, 126n, 127n, 65_535n, 65_536n, 1n << 20n, (1n << 20n) + 1n, 1n << 31n],
  ...[1n << 32n, (1n << 53n) - 1n, 1n << 53n, (1n << 63n) - 1n, 1n << 63n, (1n << 64n) - 1n],
);

const dataOpcode = fc.constantFrom(0, 1, 2);

/** Frames that break a rule, in themselves or because of their position. */
const oddFrame: fc.Arbitrary<FrameToWrite> = fc.oneof(
  fc.record({
    opcode: fc.nat({ max: 15 }),
    fin: fc.boolean(),
    rsv: fc.constantFrom(0, 16, 32, 64),
  }),
  fc.record({ opcode: dataOpcode, fin: fc.boolean(), payload: paddedOddText }),
  fc.record({ opcode: fc.constant(1), fin: fc.boolean(), payload: paddedOddText }),
  fc.record({ opcode: fc.constant(8), payload: oddClosePayload }),
  fc.record({
    opcode: fc.constantFrom(8, 9, 10),
    payload: fc.uint8Array({ minLength: 126, maxLength: 130 }),
  }),
  fc.record({
    opcode: dataOpcode,
    fin: fc.boolean(),
    payload: fc.uint8Array({ maxLength: 130 }),
    lengthBits: fc.constantFrom(16, 64),
  }),
  fc.record({
    opcode: fc.constantFrom(0, 1, 2, 9),
    declaredLength: oddLength,
    payload: fc.uint8Array({ maxLength: 10 }),
    lengthBits: fc.constant(64),
  }),
);

/** Where bytes are damaged: half of the time within 14 bytes of a frame's start. */
interface Place {
  readonly inHeader: boolean;
  readonly at: number;
  readonly offset: number;
}

const place: fc.Arbitrary<Place> = fc.record({
  inHeader: fc.boolean(),
  at: fc.nat(),
  offset: fc.nat({ max: 14 }),
});

const interestingByte = fc.oneof(
  fc.constantFrom(0x00, 0x01, 0x02, 0x7e, 0x7f, 0x80, 0x81, 0x82, 0x88, 0x89, 0x8a, 0xfe, 0xff),
  fc.nat({ max: 255 }),
);

type Damage = (stream: Uint8Array, at: number) => Uint8Array;

function spliced(removed: number, added: ArrayLike<number>): Damage {
  return (stream, at) =>
    concat([stream.subarray(0, at), Uint8Array.from(added), stream.subarray(at + removed)]);
}

function flipped(mask: number): Damage {
  return (stream, at) => stream.map((octet, index) => (index === at ? octet ^ mask : octet));
}

const damage: fc.Arbitrary<Damage> = fc.oneof(
  fc.nat({ max: 7 }).map((bit) => flipped(1 << bit)),
  fc.constant(flipped(0x80)),
  interestingByte.map((octet) => spliced(1, [octet])),
  fc.array(interestingByte, { minLength: 1, maxLength: 4 }).map((octets) => spliced(0, octets)),
  fc.integer({ min: 1, max: 6 }).map((count) => spliced(count, [])),
  fc.constant<Damage>((stream, at) => stream.slice(0, at)),
);

function indexOf(stream: Uint8Array, { inHeader, at, offset }: Place): number {
  if (!inHeader || stream.length === 0) return at % (stream.length + 1);
  const frames = splitFrames(stream);
  return Math.min(frames[at % frames.length].start + offset, stream.length);
}

const insertion = fc.tuple(fc.nat(), fc.oneof(fc.tuple(oddFrame), fc.tuple(oddFrame, oddFrame)));

/**
 * A valid stream with inserted invalid frames, then damaged bytes, and then the end of another
 * stream.
 */
export const damagedStream: fc.Arbitrary<CutStream> = fc
  .record({
    role,
    limits,
    frames: conversation,
    odd: fc.array(insertion, { maxLength: 3 }),
    damages: fc.array(fc.tuple(place, damage), { maxLength: 3 }),
    tail: fc.oneof(
      { weight: 4, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.tuple(legalFrames, place, place) },
    ),
    sizes: chunkSizes,
  })
  .map(({ role, limits, frames, odd, damages, tail, sizes }) => {
    const list = [...frames];
    for (const [at, inserted] of odd) list.splice(at % (list.length + 1), 0, ...inserted);
    let stream = wire(role, list);
    for (const [where, change] of damages) stream = change(stream, indexOf(stream, where));
    if (tail !== undefined) {
      const other = wire(role, tail[0]);
      const [end, start] = [indexOf(stream, tail[1]), indexOf(other, tail[2])];
      stream = concat([stream.subarray(0, end), other.subarray(start)]);
    }
    return readable({ role, limits, stream }, sizes);
  });

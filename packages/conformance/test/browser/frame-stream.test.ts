import { Opcode } from "@framewright/codec";
import { encodeFrame, FrameBit, frameHeaderLength } from "@framewright/codec/frame";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  describePayload,
  headerFields,
  payloadText,
} from "../../../../examples/chat/page/frame-fields.ts";
import {
  FrameStream,
  frameLength,
  mostKept,
  type WireFrame,
} from "../../../../examples/chat/page/frame-stream.ts";
import { runs } from "../../../../test-depth.ts";

interface Sent {
  readonly fin: boolean;
  readonly opcode: number;
  readonly payload: Uint8Array;
  readonly maskingKey: number | undefined;
}

const sent: fc.Arbitrary<Sent> = fc.record({
  fin: fc.boolean(),
  opcode: fc.constantFrom(...Object.values(Opcode)),
  payload: fc.oneof(
    fc.uint8Array({ maxLength: 8 }),
    fc
      .constantFrom(125, 126, 127, mostKept, mostKept + 1, 65_535, 65_536)
      .map((length) => new Uint8Array(length).map((_, index) => index * 7)),
  ),
  maskingKey: fc.option(fc.integer(), { nil: undefined }),
});

describe("the frames that the page reads from the wire's bytes", () => {
  it("are those that were sent, however the bytes are split", () => {
    const lengths = fc.array(fc.integer({ min: 1, max: 300 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 5 }), lengths, (frames, pieces) => {
        const found = cut(Buffer.concat(frames.map(encode)), pieces);
        expect(found.map(summary)).toEqual(
          frames.map(({ fin, opcode, payload, maskingKey }) => ({
            fin,
            opcode,
            masked: maskingKey !== undefined,
            payloadLength: payload.length,
            payload: payload.slice(0, mostKept),
            length: frameHeaderLength(payload.length, maskingKey) + payload.length,
          })),
        );
      }),
      { numRuns: runs(200) },
    );
  });

  it("have header fields that make up the header", () => {
    fc.assert(
      fc.property(sent, (frame) => {
        const [found] = new FrameStream().push(encode(frame));
        const bits = headerFields(found).map((field) => field.bits);
        expect(bits.reduce((sum, count) => sum + count)).toBe(found.headerBytes.length * 8);
      }),
    );
  });

  it("are described by their content", () => {
    const describeOne = (opcode: number, ...payload: number[]) => {
      const frame = { fin: true, opcode, payload: Uint8Array.from(payload), maskingKey: 0x1020304 };
      return describePayload(new FrameStream().push(encode(frame))[0]);
    };
    expect(describeOne(Opcode.Text, 0x68, 0x69)).toBe("hi");
    expect(describeOne(Opcode.Binary, 0xff, 0x00)).toBe("ff 00");
    expect(describeOne(Opcode.Close, 0x03, 0xe9, 0x68, 0x69)).toBe("1001 hi");
    expect(describeOne(Opcode.Close)).toBe("1005");
    expect(describeOne(Opcode.Ping)).toBe("");
  });

  it("show a long text up to a whole character", () => {
    const text = `x${"€".repeat(mostKept)}`;
    const payload = new TextEncoder().encode(text);
    const frame = encode({ fin: true, opcode: Opcode.Text, payload, maskingKey: 0x55aa33cc });
    expect(payloadText(new FrameStream().push(frame)[0])).toBe(`x${"€".repeat(341)}…`);
  });
});

function encode({ fin, opcode, payload, maskingKey }: Sent): Uint8Array {
  const length = frameHeaderLength(payload.length, maskingKey) + payload.length;
  const bytes = new Uint8Array(length);
  encodeFrame(bytes, 0, (fin ? FrameBit.Fin : 0) | opcode, payload, maskingKey);
  return bytes;
}

/** Pushes bytes in pieces of the given lengths, used repeatedly. */
function cut(bytes: Uint8Array, lengths: readonly number[]): WireFrame[] {
  const stream = new FrameStream();
  const frames: WireFrame[] = [];
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const end = start + lengths[i % lengths.length];
    frames.push(...stream.push(bytes.subarray(start, end)));
    start = end;
  }
  return frames;
}

function summary(frame: WireFrame) {
  const { fin, opcode, masked, payloadLength } = frame.header;
  const { payload } = frame;
  return { fin, opcode, masked, payloadLength, payload, length: frameLength(frame) };
}

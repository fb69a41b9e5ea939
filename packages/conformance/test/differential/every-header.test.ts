import { describe, expect, test } from "vitest";
import { integers } from "../../../../test-depth.ts";
import { concat } from "../../../codec/test/bytes.ts";
import { type FrameToWrite, frameFor } from "../../../codec/test/oracle/frame-writer.ts";
import { compare, withoutStacks } from "./compare.ts";
import type { Limits, Role } from "./outcome.ts";

withoutStacks();

const limits: Limits = { maxMessageSize: 70_000, maxFragments: 10 };

/**
 * Returns the rest of the frame that the first two bytes announce, with a payload that is valid for
 * the opcode.
 */
function restOfFrame(byte0: number, byte1: number): Uint8Array {
  const length7 = byte1 & 0x7f;
  const masked = byte1 >= 0x80;
  const [length, extended] =
    length7 < 126
      ? [length7, []]
      : length7 === 126
        ? [200, [0, 200]]
        : [65_536, [0, 0, 0, 0, 0, 1, 0, 0]];
  const key = masked ? [0x37, 0xfa, 0x21, 0x3d] : [];
  const payload = new Uint8Array(length).fill(0x61);
  if ((byte0 & 0xf) === 8) payload.set([0x03, 0xe8].slice(0, length));
  if (masked) for (let i = 0; i < length; i++) payload[i] ^= key[i & 3];
  return concat([Uint8Array.from([...extended, ...key]), payload]);
}

const rests = new Map<number, Uint8Array>();

/**
 * Returns the rest of a frame, which depends on the second byte and on whether it is a Close frame.
 */
function cachedRest(byte0: number, byte1: number): Uint8Array {
  const key = byte1 + ((byte0 & 0xf) === 8 ? 256 : 0);
  const rest = rests.get(key) ?? restOfFrame(byte0, byte1);
  rests.set(key, rest);
  return rest;
}

async function compareAllHeaders(role: Role, inMessage: boolean): Promise<number> {
  const before = inMessage ? frameFor(role, { opcode: 1, fin: false, payload: [0x41] }) : [];
  const after = frameFor(role, { opcode: 9, payload: [0x42] });
  let compared = 0;
  for (let byte0 = 0; byte0 < 256; byte0++) {
    for (const byte1 of integers(256)) {
      const head = Uint8Array.of(...before, byte0, byte1);
      const stream = concat([head, cachedRest(byte0, byte1), after]);
      await compare({ role, limits, stream }, [stream.length]);
      compared++;
    }
  }
  return compared;
}

const cutLengths = [0, 1, 2, 99, 100, 101, 125, 126, 127].flatMap((length7) => [
  length7,
  0x80 | length7,
]);

/** Compares frames that end within the header or soon after. */
async function compareCutFrames(role: Role, inMessage: boolean): Promise<number> {
  const before = inMessage ? frameFor(role, { opcode: 2, fin: false, payload: [0x41] }) : [];
  const narrow: Limits = { maxMessageSize: 100, maxFragments: 1 };
  let compared = 0;
  for (let opcode = 0; opcode < 32; opcode++) {
    const byte0 = opcode < 16 ? opcode : 0x70 + opcode;
    for (const byte1 of cutLengths) {
      const rest = cachedRest(byte0, byte1).subarray(0, 15);
      const whole = Uint8Array.of(...before, byte0, byte1, ...rest);
      for (let end = before.length + 1; end <= whole.length; end++) {
        const stream = whole.slice(0, end);
        await compare({ role, limits: narrow, stream }, [end]);
        compared++;
      }
    }
  }
  return compared;
}

const borders = [0, 1, 2, 123, 124, 125, 126, 127, 128, 255, 256, 65_534, 65_535, 65_536, 65_537];

const borderFrames = [1, 2, 10].flatMap((opcode) =>
  ([7, 16, 64] as const).flatMap((lengthBits) =>
    borders
      .filter((length) => length < (lengthBits === 7 ? 126 : 2 ** lengthBits))
      .map((length): FrameToWrite => ({ opcode, lengthBits, payload: new Uint8Array(length) })),
  ),
);

/** Returns whether ws accepts the frame and Framewright does not. */
function isLongerFormOfData({ opcode, lengthBits, payload = [] }: FrameToWrite): boolean {
  const shortest = payload.length < 126 ? 7 : payload.length < 65_536 ? 16 : 64;
  return opcode < 8 && lengthBits !== shortest;
}

describe.each(["client", "server"] as const)("received by a %s", (role) => {
  test.each([false, true])(
    "all values of a frame's first two bytes; within a message: %s",
    async (inMessage) => {
      expect(await compareAllHeaders(role, inMessage)).toBe(256 * [...integers(256)].length);
    },
  );

  test.each([false, true])("truncated frames; within a message: %s", async (inMessage) => {
    expect(await compareCutFrames(role, inMessage)).toBe(7488);
  });

  test("lengths on both sides of each limit, in each possible form", async () => {
    const differing: FrameToWrite[] = [];
    for (const frame of borderFrames) {
      const stream = concat([frame, { opcode: 9 }].map((each) => frameFor(role, each)));
      if (!(await compare({ role, limits, stream }, [stream.length]))) differing.push(frame);
      await compare({ role, limits: { ...limits, maxMessageSize: 126 }, stream }, [1000]);
    }
    expect(differing).toEqual(borderFrames.filter(isLongerFormOfData));
    expect(borderFrames.length).toBe(3 * (6 + 13 + 15));
  });

  test("all status codes of a Close frame", async () => {
    const differing: number[] = [];
    for (const statusCode of integers(65_536)) {
      const payload = [statusCode >> 8, statusCode & 255, 0x62, 0x79, 0x65];
      const stream = frameFor(role, { opcode: 8, payload });
      const same = await compare({ role, limits, stream }, [stream.length]);
      if (!same) differing.push(statusCode);
    }
    expect(differing).toEqual([]);
  });
});

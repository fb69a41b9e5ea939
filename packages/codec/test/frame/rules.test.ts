import { describe, expect, test } from "vitest";
import { integers, isFullDepth } from "../../../../test-depth.ts";
import { ProtocolError } from "../../src/errors.ts";
import { FrameHeader, readFrameHeader } from "../../src/frame/header.ts";
import {
  checkFrameStart,
  checkPayloadLength,
  maxControlPayloadLength,
} from "../../src/frame/rules.ts";
import { writeFrame } from "../oracle/frame-writer.ts";
import { brokenRules, situations } from "../oracle/legality.ts";

describe("checkFrameStart", () => {
  test.each(situations)("agrees with the RFC for all 65,536 starts: %o", (situation) => {
    const { role, inMessage, rsv1Negotiated } = situation;
    const wrong: string[] = [];
    let legal = 0;
    for (const first of integers(65_536)) {
      const [byte0, byte1] = [first >> 8, first & 255];
      const fault = checkFrameStart(byte0, byte1, role, inMessage, rsv1Negotiated);
      const rules = brokenRules(byte0, byte1, situation);
      if (rules.length === 0) legal++;
      const right = fault === undefined ? rules.length === 0 : rules.includes(fault);
      const status = fault === undefined ? 1002 : new ProtocolError(fault).statusCode;
      if (!right || status !== 1002) wrong.push(`${first.toString(16)}: ${fault}, not ${rules}`);
    }
    expect(wrong).toEqual([]);
    // Counted by hand: 3 control opcodes x 126 lengths, and data frames with FIN 0 or 1 x 128
    // lengths. Inside a message: a continuation. Outside: text and binary, also with RSV1 if
    // negotiated.
    const dataFrames = inMessage ? 2 : rsv1Negotiated ? 8 : 4;
    if (isFullDepth) expect(legal).toBe(3 * 126 + dataFrames * 128);
  });
});

describe("checkPayloadLength", () => {
  function check(length: bigint, lengthBits: 7 | 16 | 64, allowed: number, opcode = 2) {
    const header = new FrameHeader();
    const data = writeFrame({ opcode, declaredLength: length, lengthBits });
    expect(readFrameHeader(data, 0, data.length, header)).toBe(data.length);
    return checkPayloadLength(header, allowed);
  }
  const invalid = "WS_ERR_INVALID_PAYLOAD_LENGTH";
  const tooLong = "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
  const any = Number.POSITIVE_INFINITY;

  test("requires the minimal number of bytes (section 5.2)", () => {
    const wrong: number[] = [];
    const header = new FrameHeader();
    header.opcode = 2;
    for (const lengthBits of [7, 16, 64] as const) {
      header.lengthBits = lengthBits;
      for (let length = 0; length <= (lengthBits === 7 ? 125 : 65_535); length++) {
        header.payloadLength = header.payloadLengthLow = length;
        const shortest = length <= 125 ? 7 : 16;
        const expected = lengthBits === shortest ? undefined : invalid;
        if (checkPayloadLength(header, any) !== expected) wrong.push(length);
      }
    }
    expect(wrong).toEqual([]);
    expect(check(65_535n, 64, any)).toBe(invalid);
    expect(check(65_536n, 64, any)).toBeUndefined();
  });

  test("requires the most significant bit of a 64-bit length to be 0 (section 5.2)", () => {
    expect(check(2n ** 63n, 64, any)).toBe(invalid);
    expect(check(2n ** 63n + 65_536n, 64, any)).toBe(invalid);
    expect(check(2n ** 64n - 1n, 64, any)).toBe(invalid);
    expect(check(2n ** 63n - 1n, 64, any)).toBeUndefined();
  });

  test("refuses a length above the limit", () => {
    expect(check(100n, 7, 100)).toBeUndefined();
    expect(check(101n, 7, 100)).toBe(tooLong);
    expect(check(0n, 7, 0)).toBeUndefined();
    expect(check(2n ** 53n + 1n, 64, Number.MAX_SAFE_INTEGER)).toBe(tooLong);
    expect(check(2n ** 63n - 1n, 64, Number.MAX_SAFE_INTEGER)).toBe(tooLong);
    expect(check(2n ** 32n, 64, 2 ** 32 - 1)).toBe(tooLong);
    expect(check(2n ** 32n, 64, 2 ** 32)).toBeUndefined();
  });

  test("reports an invalid form rather than a long message", () => {
    expect(check(2n ** 63n, 64, 10)).toBe(invalid);
    expect(check(125n, 16, 10)).toBe(invalid);
  });

  test("does not apply the message limit to control frames", () => {
    expect(maxControlPayloadLength).toBe(125);
    for (const opcode of [8, 9, 10]) expect(check(125n, 7, 0, opcode)).toBeUndefined();
  });
});

import { describe, expect, test } from "vitest";
import type { Fault } from "../../src/inspect/fault.ts";
import { readHeaderValues } from "../../src/inspect/header-layout.ts";
import { MessageInflation } from "../../src/inspect/message-inflation.ts";
import { MessageTracker } from "../../src/inspect/message-tracker.ts";
import { ascii, bytes, hex } from "../bytes.ts";
import { deflateMessage } from "../deflate/compressors.ts";
import { openInflator } from "./drive.ts";

interface Frame {
  first: number;
  payload?: Uint8Array;
}

/** Feeds frames by their first byte and payload, at offset 0, and returns what each one gave. */
function track(
  frames: readonly Frame[],
  options: { limit?: number; withInflation?: boolean } = {},
) {
  const { limit = 1000, withInflation = true } = options;
  const tracker = new MessageTracker(limit);
  const inflation = withInflation ? new MessageInflation(openInflator, {}, limit) : undefined;
  return frames.map(({ first, payload = new Uint8Array(0) }) => {
    const values = readHeaderValues(Uint8Array.of(first, 0), 2);
    const faults: Fault[] = [];
    const message = tracker.start(values);
    const fault = tracker.take(payload, 0);
    if (fault !== undefined) faults.push(fault);
    const completed = tracker.finish(values, inflation, 0, payload.length, faults);
    const texts = faults.map(
      ({ code, offset, message }) => `${code.slice(7)} @${offset} ${message}`,
    );
    return { message, completed, faults: texts, isInMessage: tracker.isInMessage };
  });
}

describe("the place of a frame in its message", () => {
  test.each([
    ["one frame", [0x81], ["0 1 only"]],
    [
      "fragments",
      [0x02, 0x00, 0x80, 0x81],
      ["0 2 first", "0 2 continuation", "0 2 last", "1 1 only"],
    ],
    ["control frames between", [0x01, 0x89, 0x80], ["0 1 first", "none", "0 1 last"]],
    ["a reserved opcode between", [0x01, 0x83, 0x80], ["0 1 first", "none", "0 1 last"]],
    ["a continuation of nothing", [0x80, 0x82], ["none", "0 2 only"]],
    ["a new message within another", [0x01, 0x02, 0x80], ["0 1 first", "1 2 first", "1 2 last"]],
  ])("%s", (_, firsts, places) => {
    const tracked = track(firsts.map((first) => ({ first })));
    expect(
      tracked.map(({ message }) =>
        message === undefined ? "none" : `${message.index} ${message.opcode} ${message.position}`,
      ),
    ).toEqual(places);
  });
});

test("a complete message has its bytes, text and counts", () => {
  const [, , last] = track([
    { first: 0x01, payload: bytes("e2 82") },
    { first: 0x89, payload: bytes("ff") },
    { first: 0x80, payload: bytes("ac 21") },
  ]);
  expect(last).toEqual({
    message: { index: 0, opcode: 1, isCompressed: false, position: "last" },
    completed: {
      index: 0,
      opcode: 1,
      isCompressed: false,
      frameCount: 2,
      receivedLength: 4,
      payload: bytes("e2 82 ac 21"),
      length: 4,
      text: "€!",
      invalidUtf8At: undefined,
    },
    faults: [],
    isInMessage: false,
  });
});

test("binary has no text, and only its first bytes are kept", () => {
  const [{ completed }] = track([{ first: 0x82, payload: bytes("ff fe fd") }], { limit: 2 });
  expect(completed).toMatchObject({ payload: bytes("ff fe"), length: 3, text: undefined });
});

describe("text that is not valid UTF-8", () => {
  test("is reported by the frame that breaks it, once", () => {
    const [first, last] = track([
      { first: 0x01, payload: bytes("61 e2") },
      { first: 0x80, payload: bytes("41 ff") },
    ]);
    expect(first.faults).toEqual([]);
    expect(last.faults).toEqual(["INVALID_UTF8 @0 the text is not valid UTF-8"]);
    expect(last.completed).toMatchObject({ invalidUtf8At: 2, text: "a\ufffdA\ufffd" });
  });

  test("is reported at its end if it ends within a character", () => {
    const [{ faults, completed }] = track([{ first: 0x81, payload: bytes("61 e2 82") }]);
    expect(faults).toEqual(["INVALID_UTF8 @3 the text ends within a character"]);
    expect(completed?.invalidUtf8At).toBe(3);
  });
});

describe("compressed messages", () => {
  const hello = bytes("f2 48 cd c9 c9 07 00");

  test("are decompressed when they are complete", () => {
    const [first, last] = track([
      { first: 0x41, payload: hello.slice(0, 3) },
      { first: 0x80, payload: hello.slice(3) },
    ]);
    expect(first.completed).toBeUndefined();
    expect(last.completed).toMatchObject({
      isCompressed: true,
      receivedLength: 7,
      length: 5,
      text: "Hello",
    });
  });

  test("are left as they are without a decompressor", () => {
    const [{ completed, faults }] = track([{ first: 0xc1, payload: hello }], {
      withInflation: false,
    });
    expect(completed).toMatchObject({ payload: undefined, length: 0, text: undefined });
    expect(faults).toEqual([]);
  });

  test.each([
    ["41 ff", "INVALID_UTF8 @0 the text is not valid UTF-8: at byte 1 of the decompressed message"],
    [
      "e2 82",
      "INVALID_UTF8 @0 the text ends within a character: at byte 2 of the decompressed message",
    ],
  ])("of text %s are invalid", (text, fault) => {
    expect(track([{ first: 0xc1, payload: deflateMessage(bytes(text)) }])[0].faults).toEqual([
      fault,
    ]);
    expect(track([{ first: 0xc2, payload: deflateMessage(bytes(text)) }])[0].faults).toEqual([]);
  });

  test("are bounded, and what was decompressed is shown", () => {
    const payload = deflateMessage(ascii("a".repeat(100_000)));
    const [long, next] = track(
      [
        { first: 0xc1, payload },
        { first: 0xc1, payload: hello },
      ],
      { limit: 200 },
    );
    expect(long.faults).toEqual([
      "UNSUPPORTED_MESSAGE_LENGTH @0 the compressed message is longer than the inspector's option maxMessageLength: 200 bytes",
    ]);
    expect(hex(long.completed?.payload ?? [])).toBe("61".repeat(200));
    expect([next.completed?.payload, next.faults]).toEqual([undefined, []]);
  });

  test("of more bytes than are kept are not decompressed", () => {
    const [{ faults, completed }] = track([{ first: 0xc2, payload: hello }], { limit: 6 });
    expect(faults.length).toBe(1);
    expect(completed).toMatchObject({ payload: new Uint8Array(0), receivedLength: 7 });
  });
});

import { describe, expect, test } from "vitest";
import { bytes, concat, cut, hex, pattern } from "../bytes.ts";
import { frameFor, writeFrame } from "../oracle/frame-writer.ts";
import { inspectAll } from "./drive.ts";

describe("a frame", () => {
  test("has its fields, its payload masked and unmasked, and its message", () => {
    const wire = bytes("89 00 81 85 37 fa 21 3d 7f 9f 4d 51 58");
    const { frames } = inspectAll([wire], { role: "server" });
    expect(frames[1]).toEqual({
      index: 1,
      offset: 2,
      header: bytes("81 85 37 fa 21 3d"),
      isHeaderComplete: true,
      fin: true,
      rsv1: false,
      rsv2: false,
      rsv3: false,
      opcode: 1,
      masked: true,
      lengthBits: 7,
      isShortestLength: true,
      payloadLength: 5n,
      maskingKey: 0x37fa213d,
      receivedLength: 5,
      payload: bytes("7f 9f 4d 51 58"),
      unmasked: bytes("48 65 6c 6c 6f"),
      isComplete: true,
      message: { index: 0, opcode: 1, isCompressed: false, position: "only" },
      text: "Hello",
      invalidUtf8At: undefined,
      close: undefined,
      completed: expect.objectContaining({ text: "Hello" }),
      faults: [],
    });
  });

  test("longer than 64 KiB is unmasked whole, its first bytes are kept", () => {
    const payload = pattern(200_003);
    const wire = frameFor("server", { opcode: 2, payload });
    for (const chunks of [[wire], cut(wire, [70_001, 3])]) {
      const [frame] = inspectAll(chunks, { maxPayloadLength: 150_000 }).frames;
      expect(frame.receivedLength).toBe(200_003);
      expect(hex(frame.unmasked) === hex(payload.slice(0, 150_000))).toBe(true);
      expect(hex(frame.payload) === hex(wire.slice(14, 150_014))).toBe(true);
      expect(hex(frame.completed?.payload ?? []) === hex(payload)).toBe(true);
    }
  });

  test("that is not masked has one payload", () => {
    const [{ payload, unmasked }] = inspectAll([bytes("82 01 07")]).frames;
    expect(unmasked).toBe(payload);
  });

  test("shows where its text is invalid, and not where that of another frame is", () => {
    const wire = bytes("01 02 61 ff 80 01 62");
    const { frames } = inspectAll([wire], { role: "client" });
    expect(frames.map(({ invalidUtf8At, faults }) => [invalidUtf8At, faults[0]?.offset])).toEqual([
      [1, 3],
      [undefined, undefined],
    ]);
  });

  test("shows its end if its text ends within a character", () => {
    const [{ invalidUtf8At, faults }] = inspectAll([bytes("81 02 61 c3")], {
      role: "client",
    }).frames;
    expect([invalidUtf8At, faults[0].offset]).toEqual([2, 4]);
  });

  test("has no text if its message is compressed", () => {
    expect(inspectAll([bytes("c1 01 61")]).frames[0].text).toBeUndefined();
  });

  test("of Close has its status code, unless its payload is not kept whole", () => {
    const long = writeFrame({ opcode: 8, payload: concat([bytes("03e8"), pattern(200)]) });
    const { frames } = inspectAll([bytes("88 04 03 e8 6f 6b"), long], { maxPayloadLength: 125 });
    expect(frames.map(({ close }) => close)).toEqual([
      { statusCode: 1000, reason: "ok" },
      undefined,
    ]);
  });
});

describe("the end of the bytes", () => {
  test.each([
    ["within a payload", "82 05 01 02", "3 of 5 payload bytes are missing", 4],
    ["before a payload", "82 05", "5 of 5 payload bytes are missing", 2],
    [
      "before the longest payload",
      "82 7f 7fffffffffffffff",
      "9223372036854775807 of 9223372036854775807 payload bytes are missing",
      10,
    ],
    ["after a header's first byte", "82", "1 bytes of its header were received", 1],
    ["within a header", "82 fe 01 00 aa", "5 bytes of its header were received", 5],
  ])("%s", (_, wire, hint, offset) => {
    const { frames } = inspectAll([bytes(wire)]);
    expect(frames.length).toBe(1);
    expect(frames[0]).toMatchObject({ isComplete: false, completed: undefined });
    expect(frames[0].faults).toEqual([
      {
        code: "WS_ERR_FRAME_INCOMPLETE",
        rfc: 6455,
        section: "5.2",
        message: `the bytes end within the frame: ${hint}`,
        field: "frame",
        offset,
      },
    ]);
  });

  test("leaves a cut header's bytes to be drawn", () => {
    const [frame] = inspectAll([bytes("82 fe 01 00 aa")]).frames;
    expect(frame).toMatchObject({
      isHeaderComplete: false,
      header: bytes("82 fe 01 00 aa"),
      payloadLength: 256n,
    });
  });
});

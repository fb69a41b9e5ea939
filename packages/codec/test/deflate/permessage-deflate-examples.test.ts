import { describe, expect, test } from "vitest";
import { bytes, concat, hex } from "../bytes.ts";
import { type Role, receive, takeFrames, takeOutput } from "../connection/drive.ts";
import { type FrameToWrite, frameFor } from "../oracle/frame-writer.ts";
import { deflateFor, openCompressed, settingsFor, takeover } from "./compressors.ts";

const roles: Role[] = ["client", "server"];
const rsv1 = 0x40;

/** One message's compressed payload, split into frames at the given places. */
function fragments(payload: Uint8Array, ...cuts: number[]): FrameToWrite[] {
  const borders = [0, ...cuts, payload.length];
  return borders.slice(1).map((end, index) => ({
    fin: index === cuts.length,
    rsv: index === 0 ? rsv1 : 0,
    opcode: index === 0 ? 1 : 0,
    payload: payload.subarray(borders[index], end),
  }));
}

/** Receives frames in one chunk, in any two and byte by byte, and expects the same events. */
function receiveInAnyChunks(role: Role, frames: readonly FrameToWrite[]): string[] {
  const wire = concat(frames.map((frame) => frameFor(role, frame)));
  const run = (chunks: Uint8Array[]) =>
    receive(
      openCompressed(role, deflateFor(settingsFor(), takeover)),
      chunks.map((chunk) => chunk.slice()),
    );
  const whole = run([wire]);
  for (let at = 1; at < wire.length; at++) {
    expect(run([wire.subarray(0, at), wire.subarray(at)])).toEqual(whole);
  }
  expect(run(Array.from(wire, (byte) => Uint8Array.of(byte)))).toEqual(whole);
  return whole;
}

describe.each(roles)("RFC 7692 section 7.2.3, received by a %s", (role) => {
  test.each([
    ["7.2.3.1: one block", "f2 48 cd c9 c9 07 00", "Hello"],
    ["7.2.3.3: a stored block", "00 05 00 fa ff 48 65 6c 6c 6f 00", "Hello"],
    ["7.2.3.4: a block with BFINAL", "f3 48 cd c9 c9 07 00 00", "Hello"],
    ["7.2.3.5: two blocks", "f2 48 05 00 00 00 ff ff ca c9 c9 07 00", "Hello"],
    ["7.2.3.6: an empty message", "00", ""],
    ["no block at all", "", ""],
  ])("%s, whole and in any two or three fragments", (_, digits, expected) => {
    const payload = bytes(digits);
    expect(receiveInAnyChunks(role, fragments(payload))).toEqual([`text ${expected}`]);
    for (let first = 0; first <= payload.length; first++) {
      const two = fragments(payload, first);
      expect(receiveInAnyChunks(role, two)).toEqual([`text ${expected}`]);
      for (let second = first; second <= payload.length; second++) {
        const wire = fragments(payload, first, second).map((frame) => frameFor(role, frame));
        const connection = openCompressed(role, deflateFor());
        expect(receive(connection, [concat(wire)])).toEqual([`text ${expected}`]);
      }
    }
  });

  test("7.2.3.2: the second message may refer to the first if the window is kept", () => {
    const frames = ["f2 48 cd c9 c9 07 00", "f2 00 11 00 00"].flatMap((digits) =>
      fragments(bytes(digits)),
    );
    expect(receiveInAnyChunks(role, frames)).toEqual(["text Hello", "text Hello"]);
    const connection = openCompressed(role, deflateFor());
    const wire = concat(frames.map((frame) => frameFor(role, frame)));
    expect(receive(connection, [wire])).toEqual([
      "text Hello",
      "closed 1007 WS_ERR_INVALID_DEFLATE_DATA",
    ]);
  });

  test("a block with BFINAL ends the window but not the connection", () => {
    const frames = ["f3 48 cd c9 c9 07 00 00", "f2 48 cd c9 c9 07 00", "f2 00 11 00 00"].flatMap(
      (digits) => fragments(bytes(digits)),
    );
    expect(receiveInAnyChunks(role, frames)).toEqual(["text Hello", "text Hello", "text Hello"]);
  });
});

test("the frames in the RFC", () => {
  const client = () => openCompressed("client", deflateFor(settingsFor(), takeover));
  for (const wire of [
    ["c1 07 f2 48 cd c9 c9 07 00"],
    ["41 03 f2 48 cd", "80 04 c9 c9 07 00"],
    ["c1 0b 00 05 00 fa ff 48 65 6c 6c 6f 00"],
    ["c1 08 f3 48 cd c9 c9 07 00 00"],
    ["c1 0d f2 48 05 00 00 00 ff ff ca c9 c9 07 00"],
  ]) {
    expect(receive(client(), wire.map(bytes))).toEqual(["text Hello"]);
  }
  expect(receive(client(), [bytes("c1 01 00")])).toEqual(["text "]);
});

describe("sent frames are those in the RFC", () => {
  test("7.2.3.1 and 7.2.3.2, 7.2.3.6", () => {
    const connection = openCompressed("server", deflateFor(settingsFor(), takeover));
    for (const message of ["Hello", "Hello", ""]) connection.send(message);
    expect(hex(takeOutput(connection))).toBe("c107f248cdc9c90700" + "c105f200110000" + "c10100");
  });

  test("without a window, no message refers to another", () => {
    const connection = openCompressed("server", deflateFor());
    const message = "Hello, Hello, Hello";
    connection.send(message);
    connection.send(message);
    const [first, second] = takeFrames(connection);
    expect(first).toMatchObject({ fin: true, rsv1: true, opcode: 1, masked: false });
    expect(second).toEqual(first);
  });

  test("a client masks the compressed payload", () => {
    const connection = openCompressed("client", deflateFor(settingsFor(), takeover));
    connection.send("Hello");
    connection.send(new TextEncoder().encode("Hello"));
    const frames = takeFrames(connection);
    expect(frames).toMatchObject([
      { rsv1: true, opcode: 1, masked: true },
      { rsv1: true, opcode: 2, masked: true },
    ]);
    expect(frames.map(({ payload }) => hex(payload))).toEqual(["f248cdc9c90700", "f200110000"]);
    expect(hex(frames[0].maskingKey)).not.toBe(hex(frames[1].maskingKey));
  });
});

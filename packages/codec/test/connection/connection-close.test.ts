import { describe, expect, test } from "vitest";
import { integers } from "../../../../test-depth.ts";
import { ConnectionState } from "../../src/connection/state.ts";
import { bytes, concat, hex } from "../bytes.ts";
import { frameFor } from "../oracle/frame-writer.ts";
import { mayStandInClose } from "../oracle/legality.ts";
import {
  eventsOf,
  openConnection,
  receive,
  receiveFrames,
  takeFrameTexts,
  takeOutput,
} from "./drive.ts";

const roles = ["client", "server"] as const;
const codeDigits = (statusCode: number) => statusCode.toString(16).padStart(4, "0");

/** Whether the output is exactly one Close frame, with any body. */
function isOneClose(output: Uint8Array): boolean {
  const keyLength = output[1] & 0x80 ? 4 : 0;
  return output[0] === 0x88 && output.length === 2 + keyLength + (output[1] & 0x7f);
}

describe.each(roles)("each of the 65,536 status codes: %s", (role) => {
  test("is reported and echoed when received, or fails the connection with 1002", () => {
    const wrong: string[] = [];
    for (const statusCode of integers(65_536)) {
      const connection = openConnection(role);
      const payload = [statusCode >> 8, statusCode & 255];
      const [event, ...more] = receiveFrames(connection, role, { opcode: 8, payload });
      // The bit reader is slow, so it reads only the few frames that are echoed.
      const right = mayStandInClose(statusCode)
        ? event === `closed ${statusCode} "" clean` &&
          takeFrameTexts(connection).join() === `close ${codeDigits(statusCode)}`
        : event === "closed 1002 WS_ERR_INVALID_CLOSE_CODE" && isOneClose(takeOutput(connection));
      if (!right || more.length > 0) wrong.push(`${statusCode}: ${event}`);
    }
    expect(wrong).toEqual([]);
  });

  test("is sent by close, or throws a RangeError and changes nothing", () => {
    const wrong: number[] = [];
    let connection = openConnection(role);
    for (const statusCode of integers(65_536)) {
      let thrown: unknown;
      try {
        connection.close(statusCode, "r");
      } catch (error) {
        thrown = error;
      }
      const refused = thrown instanceof RangeError && connection.state === ConnectionState.Open;
      const frames = takeFrameTexts(connection);
      const right = mayStandInClose(statusCode)
        ? thrown === undefined && frames.join() === `close ${codeDigits(statusCode)}72`
        : refused && frames.length === 0;
      if (!right) wrong.push(statusCode);
      // All refusals use the same connection, because they must not change its state.
      if (mayStandInClose(statusCode)) connection = openConnection(role);
    }
    expect(wrong).toEqual([]);
  });
});

describe.each(roles)("a reason is measured in bytes of UTF-8 (section 5.5): %s", (role) => {
  const [grin, euro, accent, lone] = ["\u{1f600}", "\u20ac", "\u00e9", "\ud800"];

  test.each([
    "x".repeat(123),
    `${accent.repeat(61)}x`,
    euro.repeat(41),
    grin.repeat(30) + euro,
    lone.repeat(41),
  ])("123 bytes are sent and received: %j", (reason) => {
    const connection = openConnection(role);
    expect(connection.close(1000, reason)).toBe(true);
    const wire = takeOutput(connection);
    expect(wire[1] & 0x7f).toBe(125);
    const peer = openConnection(role === "client" ? "server" : "client");
    const shown = reason.replaceAll(lone, "\ufffd");
    expect(receive(peer, [wire])).toEqual([`closed 1000 "${shown}" clean`]);
  });

  test.each([
    "x".repeat(124),
    accent.repeat(62),
    `${euro.repeat(41)}x`,
    grin.repeat(31),
    `${lone.repeat(41)}x`,
  ])("124 bytes throw a RangeError and change nothing: %j", (reason) => {
    const connection = openConnection(role);
    expect(() => connection.close(1000, reason)).toThrow(
      expect.objectContaining({ name: "RangeError", code: "WS_ERR_INVALID_ARGUMENT" }),
    );
    expect(connection.state).toBe(ConnectionState.Open);
    expect(connection.bufferedAmount).toBe(0);
    expect(connection.send("x")).toBe(true);
  });
});

describe.each(roles)("Close frames that cross (section 7.1.4): %s", (role) => {
  const theirs = frameFor(role, { opcode: 8, payload: bytes("03e9 6279 65") });

  test("close cleanly with the peer's status code and reason, and are not answered", () => {
    const connection = openConnection(role);
    connection.close(4000, "mine");
    expect(receive(connection, [theirs.slice()])).toEqual(['closed 1001 "bye" clean']);
    expect(takeFrameTexts(connection)).toEqual([`close 0fa0${hex(bytes("6d696e65"))}`]);
    connection.end();
    expect(eventsOf(connection)).toEqual([]);
  });

  test("deliver what was sent before them, and nothing after", () => {
    const connection = openConnection(role);
    connection.send("before");
    connection.close(4000);
    const inFlight = [{ opcode: 1, payload: bytes("61") }, { opcode: 9 }, { opcode: 2 }];
    const late = [{ opcode: 1, payload: bytes("62") }, { opcode: 9 }, { opcode: 8 }, { opcode: 3 }];
    const wire = concat([
      ...inFlight.map((frame) => frameFor(role, frame)),
      theirs,
      ...late.map((frame) => frameFor(role, frame)),
    ]);
    expect(receive(connection, [wire])).toEqual([
      "text a",
      "ping ",
      "binary ",
      'closed 1001 "bye" clean',
    ]);
    expect(takeFrameTexts(connection)).toEqual(["text 6265666f7265", "close 0fa0"]);
  });
});

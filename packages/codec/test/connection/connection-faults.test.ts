import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, runs } from "../../../../test-depth.ts";
import { ConnectionState } from "../../src/connection/state.ts";
import { allocationsOf } from "../allocations.ts";
import { role as anyRole, chunkSizes, legalFrames, wireFor } from "../arbitraries.ts";
import { ascii, bytes, cut, hex, pattern } from "../bytes.ts";
import { type FrameToWrite, frameFor, writeFrame } from "../oracle/frame-writer.ts";
import { brokenRules } from "../oracle/legality.ts";
import {
  eventsOf,
  openConnection,
  type Role,
  receive,
  receiveFrames,
  takeFrames,
  takeOutput,
} from "./drive.ts";

const roles = ["client", "server"] as const;
const limits = { maxMessageSize: 100, maxFragments: 3 };

/** Each fault, its status code in the Close frame (section 7.4.1), and frames that cause it. */
const faults: [code: string, statusCode: number, ...frames: FrameToWrite[]][] = [
  ["WS_ERR_UNEXPECTED_RSV_1", 1002, { opcode: 1, rsv: 0x40 }],
  ["WS_ERR_UNEXPECTED_RSV_2_3", 1002, { opcode: 1, rsv: 0x20 }],
  ["WS_ERR_UNEXPECTED_RSV_2_3", 1002, { opcode: 9, rsv: 0x10 }],
  ["WS_ERR_INVALID_OPCODE", 1002, { opcode: 7 }],
  ["WS_ERR_INVALID_OPCODE", 1002, { opcode: 0xb }],
  ["WS_ERR_INVALID_OPCODE", 1002, { opcode: 0 }],
  ["WS_ERR_INVALID_OPCODE", 1002, { opcode: 1, fin: false }, { opcode: 1 }],
  ["WS_ERR_INVALID_OPCODE", 1002, { opcode: 1, fin: false }, { opcode: 0 }, { opcode: 0 }],
  ["WS_ERR_EXPECTED_FIN", 1002, { opcode: 9, fin: false }],
  ["WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", 1002, { opcode: 9, payload: pattern(126) }],
  ["WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH", 1002, { opcode: 8, payload: [3] }],
  ["WS_ERR_INVALID_PAYLOAD_LENGTH", 1002, { opcode: 2, payload: [1], lengthBits: 16 }],
  ["WS_ERR_INVALID_PAYLOAD_LENGTH", 1002, { opcode: 2, declaredLength: 2n ** 63n }],
  ["WS_ERR_INVALID_CLOSE_CODE", 1002, { opcode: 8, payload: bytes("03ed") }],
  ["WS_ERR_INVALID_CLOSE_CODE", 1002, { opcode: 8, payload: bytes("ffff") }],
  ["WS_ERR_INVALID_UTF8", 1007, { opcode: 1, payload: [0xff] }],
  ["WS_ERR_INVALID_UTF8", 1007, { opcode: 1, payload: bytes("eda080") }],
  ["WS_ERR_INVALID_UTF8", 1007, { opcode: 1, payload: bytes("e282") }],
  ["WS_ERR_INVALID_UTF8", 1007, { opcode: 1, fin: false, payload: [0xe2] }, { opcode: 0 }],
  ["WS_ERR_INVALID_UTF8", 1007, { opcode: 1, fin: false, payload: [0xff] }],
  ["WS_ERR_INVALID_UTF8", 1007, { opcode: 8, payload: bytes("03e8ff") }],
  ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", 1009, { opcode: 2, payload: pattern(101) }],
  ["WS_ERR_UNSUPPORTED_MESSAGE_LENGTH", 1009, { opcode: 2, declaredLength: 2n ** 62n }],
  [
    "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
    1009,
    { opcode: 1, fin: false, payload: ascii("x".repeat(60)) },
    { opcode: 9, payload: pattern(100) },
    { opcode: 0, payload: ascii("x".repeat(41)) },
  ],
  [
    "WS_ERR_TOO_MANY_BUFFERED_PARTS",
    1008,
    { opcode: 1, fin: false },
    { opcode: 0, fin: false },
    { opcode: 0, fin: false },
    { opcode: 0 },
  ],
];

/** Expects that a connection fails with one event and one Close frame, and nothing more. */
function expectFailed(role: Role, wire: Uint8Array, sizes: number[], code: string, status: number) {
  const connection = openConnection(role, limits);
  const events = receive(connection, cut(wire, sizes));
  const closings = events.filter((event) => event.startsWith("closed"));
  expect(closings).toEqual([`closed ${status} ${code}`]);
  expect(events.at(-1)).toBe(closings[0]);
  const frames = takeFrames(connection).filter(({ opcode }) => opcode !== 10);
  expect(frames.map(({ opcode }) => opcode)).toEqual([8]);
  expect(hex(frames[0].payload.slice(0, 2))).toBe(status.toString(16).padStart(4, "0"));
  expect(frames[0].masked).toBe(role === "client");
  expect(connection.closed).toMatchObject({ statusCode: status, wasClean: false, error: { code } });
  expect(connection.state).toBe(ConnectionState.Closed);
  connection.end();
  expect(receiveFrames(connection, role, { opcode: 8 })).toEqual([]);
  expect([connection.send("x"), connection.close(1000), connection.unread]).toEqual([
    false,
    false,
    0,
  ]);
  expect(connection.peek()).toBeUndefined();
}

describe.each(roles)("a peer's fault fails the connection: %s", (role) => {
  test.each(faults)("%s (%i) %o", (code, status, ...frames) => {
    const wire = wireFor(role, [...frames, { opcode: 1, payload: ascii("after") }]);
    expectFailed(role, wire, [wire.length], code, status);
    expectFailed(role, wire, [1], code, status);
  });

  test("a frame with the wrong mask bit (section 5.1)", () => {
    const maskingKey = role === "client" ? [1, 2, 3, 4] : undefined;
    const wire = writeFrame({ opcode: 1, payload: ascii("x"), maskingKey });
    const code = role === "client" ? "WS_ERR_UNEXPECTED_MASK" : "WS_ERR_EXPECTED_MASK";
    expectFailed(role, wire, [100], code, 1002);
  });

  test("messages before the invalid frame are delivered, the frame is not", () => {
    const connection = openConnection(role);
    const frames = [{ opcode: 1, payload: ascii("a") }, { opcode: 9 }, { opcode: 5 }];
    const events = receiveFrames(connection, role, ...frames, { opcode: 1, payload: ascii("b") });
    expect(events).toEqual(["text a", "ping ", "closed 1002 WS_ERR_INVALID_OPCODE"]);
  });

  test("each invalid pair of first two bytes (of 65,536), with 1002", () => {
    const wrong: string[] = [];
    const situation = { role, inMessage: false, rsv1Negotiated: false };
    for (const first of integers(65_536)) {
      const connection = openConnection(role, { maxMessageSize: 2 ** 40 });
      connection.receive(Uint8Array.of(first >> 8, first));
      const events = eventsOf(connection);
      const rules = brokenRules(first >> 8, first & 255, situation);
      const right =
        rules.length === 0
          ? !events.some((event) => event.includes("WS_ERR"))
          : events.length === 1 && rules.some((rule) => events[0] === `closed 1002 ${rule}`);
      // Each fault is answered with a Close frame, whose first byte is 88.
      const output = takeOutput(connection);
      if (!right || (rules.length > 0 && output[0] !== 0x88)) wrong.push(first.toString(16));
    }
    expect(wrong).toEqual([]);
  });
});

describe("a fault is reported as early as possible", () => {
  test("1009 with the header, before any payload", () => {
    const connection = openConnection("server", limits);
    const header = frameFor("server", { opcode: 2, declaredLength: 101n });
    const events = receive(connection, [header]);
    expect(events).toEqual(["closed 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"]);
  });

  test("1007 with the invalid byte, before the end of the frame", () => {
    const connection = openConnection("client");
    const [head, bad] = [bytes("81 7e 01 00 61 62 e2"), bytes("28")];
    expect(receive(connection, [head])).toEqual([]);
    expect(receive(connection, [bad])).toEqual(["closed 1007 WS_ERR_INVALID_UTF8"]);
  });

  test("not for a character that is split across fragments", () => {
    const connection = openConnection("client");
    const wire = bytes("01 01 e2  00 00  00 01 82  80 01 ac");
    expect(receive(connection, [wire])).toEqual(["text \u20ac"]);
  });
});

describe("for any input", () => {
  /** Legal frames with some bytes changed, removed or inserted. */
  const almostLegal = fc
    .tuple(
      anyRole,
      legalFrames,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 2 }), fc.nat({ max: 255 })), { maxLength: 4 }),
    )
    .map(([role, frames, changes]) => {
      const wire = [...wireFor(role, frames)];
      for (const [at, kind, byte] of changes) {
        const values = kind === 0 ? [] : [byte];
        wire.splice(at % (wire.length + 1), kind === 2 ? 0 : 1, ...values);
      }
      return { role, wire: Uint8Array.from(wire) };
    });
  const noise = fc.record({ role: anyRole, wire: fc.uint8Array({ maxLength: 300 }) });

  test("nothing throws or loops forever, and memory stays within the limits", () => {
    fc.assert(
      fc.property(fc.oneof(almostLegal, noise), chunkSizes, ({ role, wire }, sizes) => {
        const connection = openConnection(role, { maxMessageSize: 1000, maxFragments: 5 });
        const events: string[] = [];
        const chunks = cut(wire, sizes);
        const allocated = allocationsOf(() => {
          for (const chunk of chunks) {
            events.push(...receive(connection, [chunk]));
            expect(connection.unread).toBe(0);
          }
          connection.end();
          events.push(...eventsOf(connection));
        });
        // The output buffer is the largest. A message's buffer is at most twice `maxMessageSize`.
        expect(Math.max(0, ...allocated)).toBeLessThanOrEqual(65_536);
        expect(connection.bufferedAmount).toBeLessThanOrEqual(16_384 + 131 + 131);
        expect(events.filter((event) => event.startsWith("closed"))).toHaveLength(1);
        expect(events.at(-1)).toMatch(/^closed/);
        takeFrames(connection);
      }),
      { numRuns: runs(400) },
    );
  }, 60_000);

  test("a declared length takes no memory before its bytes arrive", () => {
    for (const opcode of [1, 2]) {
      const connection = openConnection("client", { maxMessageSize: 2 ** 52 });
      const header = writeFrame({ opcode, declaredLength: 2n ** 51n });
      const allocated = allocationsOf(() => {
        expect(receive(connection, [header, ascii("0123456789")])).toEqual([]);
      });
      expect(Math.max(0, ...allocated)).toBeLessThanOrEqual(256);
    }
  });

  test("a message in many small chunks takes no buffer longer than twice its length", () => {
    const connection = openConnection("client");
    const wire = writeFrame({ opcode: 2, payload: pattern(50_000) });
    const chunks = cut(wire, [7]);
    const allocated = allocationsOf(() => {
      for (const chunk of chunks) {
        connection.receive(chunk);
        connection.next();
      }
    });
    expect(connection.message.length).toBe(50_000);
    expect(Math.max(...allocated)).toBeLessThanOrEqual(100_000);
    const all = allocated.reduce((sum, size) => sum + size, 0);
    expect(all).toBeLessThanOrEqual(300_000);
  });
});

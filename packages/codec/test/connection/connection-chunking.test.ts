import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { role as anyRole, chunkSizes, legalFrames, wireFor } from "../arbitraries.ts";
import { ascii, bytes, cut, hex, pattern } from "../bytes.ts";
import type { FrameToWrite } from "../oracle/frame-writer.ts";
import { messagesOf } from "../oracle/messages.ts";
import { openConnection, type Role, receive, takeOutput } from "./drive.ts";

const roles = ["client", "server"] as const;

const text = (content: string): FrameToWrite => ({
  opcode: 1,
  payload: new TextEncoder().encode(content),
});
const binary = (length: number): FrameToWrite => ({ opcode: 2, payload: pattern(length) });
const ping = (length: number): FrameToWrite => ({ opcode: 9, payload: pattern(length, 2) });
const pong = (length: number): FrameToWrite => ({ opcode: 10, payload: pattern(length, 3) });
const more = (frame: FrameToWrite): FrameToWrite => ({ ...frame, fin: false });
const rest = (content: Uint8Array | string = ""): FrameToWrite => ({
  opcode: 0,
  payload: typeof content === "string" ? ascii(content) : content,
});

/** Every kind of frame, followed by each kind that may follow it. */
const script: FrameToWrite[] = [
  ...[text("Hello"), text(""), text("\u20ac\u00e9\u{1f600}\ufeff"), text("x".repeat(126))],
  ...[binary(0), binary(1), binary(125), binary(126), binary(300)],
  ...[ping(0), ping(1), ping(125), pong(0), pong(125), ping(7)],
  ...[more(text("Hel")), rest("lo")],
  ...[more(text("")), more(rest()), rest()],
  ...[more(binary(0)), ping(3), more(rest(pattern(130))), pong(2), ping(0), rest(pattern(5))],
  // The euro sign in three frames, one byte each, with other frames between them.
  ...[more({ opcode: 1, payload: bytes("e2") }), ping(1), more(rest(bytes("82"))), more(rest())],
  ...[pong(1), rest(bytes("ac"))],
  ...[more({ opcode: 1, payload: bytes("61f09f") }), rest(bytes("988062"))],
  ...[more(binary(200)), more(rest(pattern(200))), more(rest(pattern(1))), rest()],
  ...[text("\ufeffmark"), binary(64), text("y".repeat(30)), ping(124), pong(126 - 1)],
  { opcode: 8, payload: bytes("0fa0 676f6f64 e282ac") },
];

/** The events and the output of a connection that receives the given chunks. */
function outcome(role: Role, chunks: readonly Uint8Array[]) {
  const connection = openConnection(role, { maxMessageSize: 100_000 });
  const events = receive(connection, chunks);
  return { events, output: hex(takeOutput(connection)) };
}

describe.each(roles)("a script of every kind of frame: %s", (role) => {
  const wire = wireFor(role, script);
  const expected = outcome(role, [wire.slice()]);

  test("gives the expected events", () => {
    expect(script.length).toBeGreaterThanOrEqual(40);
    const messages = messagesOf(script);
    expect(expected.events).toEqual([...messages, 'closed 4000 "good\u20ac" clean']);
  });

  test("gives the same events and bytes, split at every place", () => {
    const wrong: number[] = [];
    for (let at = 1; at < wire.length; at++) {
      const split = outcome(role, [wire.slice(0, at), wire.slice(at)]);
      if (JSON.stringify(split) !== JSON.stringify(expected)) wrong.push(at);
    }
    expect(wrong).toEqual([]);
  });

  test("gives the same events and bytes in chunks of every size", () => {
    for (let size = 1; size <= 300; size++) {
      expect(outcome(role, cut(wire, [size]))).toEqual(expected);
    }
  });

  test("gives the same events and bytes in chunks of any sizes", () => {
    fc.assert(
      fc.property(chunkSizes, (sizes) => {
        expect(outcome(role, cut(wire, sizes))).toEqual(expected);
      }),
      { numRuns: runs(100) },
    );
  });
});

test("a message of 64 KiB may be split at each boundary of its frame", () => {
  for (const role of roles) {
    const wire = wireFor(role, [binary(65_536), ping(1), more(binary(65_535)), rest("x")]);
    const expected = outcome(role, [wire.slice()]);
    const lengths = expected.events.map((event) => event.length);
    expect(lengths).toEqual([7 + 2 * 65_536, 7, 7 + 2 * 65_536]);
    const borders = [...Array(20).keys(), ...[...Array(60).keys()].map((i) => 65_530 + i)];
    for (const at of borders) {
      expect(outcome(role, [wire.slice(0, at), wire.slice(at)])).toEqual(expected);
    }
  }
});

test("any frames, legal or not, give the same events and bytes in any chunks", () => {
  const ending = fc.constantFrom<FrameToWrite[]>(
    [],
    [{ opcode: 8 }, { opcode: 3 }],
    [{ opcode: 8, payload: bytes("03e8") }, text("late")],
    [{ opcode: 8, payload: bytes("03ec") }],
    [{ opcode: 3 }, text("late")],
    [{ opcode: 1, payload: bytes("41c328") }, text("late")],
    [more({ opcode: 1, payload: bytes("e2") }), ping(2), rest("a")],
    [more(text("a")), text("b")],
    [{ opcode: 2, declaredLength: 100_001n }],
    [{ opcode: 9, payload: pattern(126) }],
  );
  fc.assert(
    fc.property(anyRole, legalFrames, ending, chunkSizes, (role, frames, ending, sizes) => {
      const wire = wireFor(role, [...frames, ...ending]);
      expect(outcome(role, cut(wire, sizes))).toEqual(outcome(role, [wire.slice()]));
    }),
    { numRuns: runs(200) },
  );
});

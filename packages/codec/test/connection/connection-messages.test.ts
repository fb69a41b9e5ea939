import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { role as anyRole, chunkSizes, legalFrames, payload, wireFor } from "../arbitraries.ts";
import { bytes, concat, cut, hex, pattern } from "../bytes.ts";
import { type FrameToWrite, frameFor } from "../oracle/frame-writer.ts";
import { messagesOf } from "../oracle/messages.ts";
import { openConnection, type Role, receive, takeFrameTexts, takeOutput } from "./drive.ts";

const roles = ["client", "server"] as const;

/** One message, split into fragments at the given places. */
function fragments(opcode: number, body: Uint8Array, places: readonly number[]): FrameToWrite[] {
  const borders = places.map((place) => place % (body.length + 1)).sort((a, b) => a - b);
  return [...borders, body.length].map((end, index) => ({
    fin: index === borders.length,
    opcode: index === 0 ? opcode : 0,
    payload: body.slice(borders[index - 1] ?? 0, end),
  }));
}

const places = fc.array(fc.nat(), { maxLength: 12 });

test("a text message may arrive in any fragments and chunks (section 5.4)", () => {
  const text = fc
    .array(fc.string({ unit: "binary" }), { maxLength: 30 })
    .map((all) => all.join(""));
  fc.assert(
    fc.property(anyRole, text, places, chunkSizes, (role, text, places, sizes) => {
      const wire = wireFor(role, fragments(1, new TextEncoder().encode(text), places));
      expect(receive(openConnection(role), cut(wire, sizes))).toEqual([`text ${text}`]);
    }),
    { numRuns: runs(200) },
  );
});

test("a binary message may arrive in any fragments and chunks (section 5.4)", () => {
  fc.assert(
    fc.property(anyRole, payload, places, chunkSizes, (role, body, places, sizes) => {
      const wire = wireFor(role, fragments(2, body, places));
      expect(receive(openConnection(role), cut(wire, sizes))).toEqual([`binary ${hex(body)}`]);
    }),
    { numRuns: runs(200) },
  );
});

test("any legal frames give their messages, and Pings are answered", () => {
  fc.assert(
    fc.property(anyRole, legalFrames, chunkSizes, (role, frames, sizes) => {
      const connection = openConnection(role);
      expect(receive(connection, cut(wireFor(role, frames), sizes))).toEqual(messagesOf(frames));
      const pings = frames.filter(({ opcode }) => opcode === 9);
      const pongs = pings.map(({ payload = [] }) => `pong ${hex(payload)}`);
      expect(takeFrameTexts(connection)).toEqual(pongs);
    }),
    { numRuns: runs(200) },
  );
});

test("each endpoint receives what its peer sent, for any messages and chunks", () => {
  const message = fc.oneof(fc.string({ unit: "binary" }), payload);
  fc.assert(
    fc.property(anyRole, fc.array(message), chunkSizes, (role, messages, sizes) => {
      const sender = openConnection(role === "client" ? "server" : "client");
      for (const message of messages) expect(sender.send(message)).toBe(true);
      const events = receive(openConnection(role), cut(takeOutput(sender), sizes));
      expect(events).toEqual(
        messages.map((message) =>
          typeof message === "string" ? `text ${message}` : `binary ${hex(message)}`,
        ),
      );
    }),
    { numRuns: runs(100) },
  );
});

test("a byte-order mark is part of the text, at any place and in any fragments", () => {
  const open = (role: Role, ...frames: FrameToWrite[]) => {
    const wire = concat(frames.map((frame) => frameFor(role, frame)));
    return [1, 2, 300, wire.length].map((size) => receive(openConnection(role), cut(wire, [size])));
  };
  for (const role of roles) {
    for (const text of ["\ufeff", "\ufeffA", "A\ufeff", `\ufeff${"x".repeat(700)}\ufeff\ufeff`]) {
      const body = new TextEncoder().encode(text);
      for (const frames of [
        fragments(1, body, []),
        fragments(1, body, [1]),
        fragments(1, body, [3]),
      ]) {
        expect(open(role, ...frames)).toEqual(Array(4).fill([`text ${text}`]));
      }
    }
  }
  expect(receive(openConnection("client"), [bytes("81 04 efbbbf 41")])).toEqual(["text \ufeffA"]);
});

test.each(roles)(
  "an idle %s keeps no reference to a message or payload that it returned",
  (role) => {
    const long = pattern(70_000);
    for (const opcode of [1, 2, 9, 10]) {
      const payload = opcode < 8 ? long.map((byte) => byte & 0x7f) : long.subarray(0, 125);
      for (const after of ["nothing", "retainInput", "end"] as const) {
        const connection = openConnection(role);
        connection.receive(wireFor(role, [{ fin: true, opcode, payload }]));
        connection.next();
        const given = opcode < 8 ? connection.message : connection.payload;
        expect(given.length).toBe(payload.length);
        if (after === "nothing") connection.next();
        else connection[after]();
        expect([connection.message, connection.payload.length]).toEqual(["", 0]);
        expect(reaches(connection, opcode < 8 ? given : (given as Uint8Array).buffer)).toBe(false);
      }
    }
  },
);

/** Whether `wanted` is reachable from `from`. A view reaches only its buffer. */
function reaches(from: unknown, wanted: unknown): boolean {
  if (from === wanted) return true;
  if (ArrayBuffer.isView(from)) return from.buffer === wanted;
  if (typeof from !== "object" || from === null) return false;
  return Object.values(from).some((value) => reaches(value, wanted));
}

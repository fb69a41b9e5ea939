import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { chunkSizes } from "../arbitraries.ts";
import { ascii, bytes, concat, cut } from "../bytes.ts";
import { eventsOf, receive, receiveFrames, takeFrames } from "../connection/drive.ts";
import { writeFrame } from "../oracle/frame-writer.ts";
import {
  CountedCompressors,
  deflateFor,
  deflateMessage,
  limitLeaving,
  noise,
  openCompressed,
  settingsFor,
  takeover,
} from "./compressors.ts";

/** The largest piece of output that an inflator returns, in bytes. */
const piece = 65_536;
const rsv1 = 0x40;

/** The frames of one compressed message, of `size` bytes each. */
function fragmentsOf(payload: Uint8Array, size: number, opcode: number): Uint8Array[] {
  const parts = payload.length === 0 ? [payload] : cut(payload, [size]);
  return parts.map((part, index) =>
    writeFrame({
      fin: index === parts.length - 1,
      rsv: index === 0 ? rsv1 : 0,
      opcode: index === 0 ? opcode : 0,
      payload: part,
    }),
  );
}

const modes = [1, 2].flatMap((opcode) =>
  [false, true].map((isKept) => ({ opcode, agreement: isKept ? takeover : {} })),
);

describe.each(modes)(
  "a message that inflates to more than the limit: %o",
  ({ opcode, agreement }) => {
    const bomb = deflateMessage(new Uint8Array(10_000_000).fill(0x61));

    function explode(maxMessageSize: number, wire: readonly Uint8Array[], left = 2 ** 40) {
      const counted = new CountedCompressors();
      const maxMemory = limitLeaving(left, agreement);
      const settings = settingsFor({ maxMessageSize, maxMemory, compressors: counted });
      const deflate = deflateFor(settings, agreement);
      const connection = openCompressed("client", deflate, {
        maxMessageSize,
        maxFragments: 100_000,
      });
      const events = receive(connection, wire);
      const inflated = counted.inflated.reduce((sum, length) => sum + length, 0);
      return { events, inflated, connection };
    }

    test.each([
      [100_000, bomb.length],
      [100_000, 7],
      [65_536, 1],
      [15_000, 1000],
    ])("stops at most 64 KiB after the limit of %i, in fragments of %i bytes", (limit, size) => {
      const wire = fragmentsOf(bomb, size, opcode);
      for (const chunks of [[concat(wire)], wire]) {
        const { events, inflated, connection } = explode(limit, chunks);
        expect(events).toEqual(["closed 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"]);
        expect(inflated).toBeGreaterThan(limit);
        expect(inflated).toBeLessThanOrEqual(limit + piece);
        expect(takeFrames(connection)[0].payload.slice(0, 2)).toEqual([0x03, 0xf1]);
      }
    });

    test("stops as well if there is no pool memory for an inflator", () => {
      const wire = fragmentsOf(bomb, 100, opcode);
      const { events, inflated } = explode(50_000, wire, 0);
      expect(events).toEqual(["closed 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"]);
      expect(inflated).toBeLessThanOrEqual(50_000 + piece);
    });

    test("is not inflated at all if its frames alone exceed the limit", () => {
      const { events, inflated } = explode(1000, fragmentsOf(bomb, bomb.length, opcode));
      expect(events).toEqual(["closed 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"]);
      expect(inflated).toBe(0);
    });

    test.each([100, 65_535, 65_536, 65_537, 131_072, 200_000])(
      "the limit of %i is exact",
      (limit) => {
        for (const size of [1 << 20, 10]) {
          for (const more of [0, 1]) {
            const text = "a".repeat(limit + more);
            const message = deflateMessage(ascii(text));
            const { events } = explode(limit, fragmentsOf(message, size, opcode));
            const expected = opcode === 1 ? `text ${text}` : `binary ${"61".repeat(limit)}`;
            if (more === 0) expect(events[0] === expected && events.length).toBe(1);
            else expect(events).toEqual(["closed 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"]);
          }
        }
      },
    );

    test("the limit applies to each message, not to their sum", () => {
      const message = fragmentsOf(deflateMessage(ascii("b".repeat(900))), 3, opcode);
      const { events } = explode(1000, Array(20).fill(message).flat());
      expect(events).toHaveLength(20);
      expect(events.every((event) => !event.startsWith("closed"))).toBe(true);
    });

    test("with a limit of 0, only empty messages are received", () => {
      expect(explode(0, fragmentsOf(new Uint8Array(0), 1, opcode)).events).toHaveLength(1);
      const { events } = explode(0, fragmentsOf(bytes("00"), 1, opcode));
      expect(events).toEqual(["closed 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"]);
    });
  },
);

describe("invalid DEFLATE data gives 1007", () => {
  const broken = ["06", "00 05 00 fa fe 48 65 6c 6c 6f 00", "f2 00 11 00 00", "fc 00 00", "ff"];

  test.each(broken)("%s, whole, byte by byte, and in fragments", (digits) => {
    for (const role of ["client", "server"] as const) {
      for (const agreement of [{}, takeover]) {
        for (const left of [0, 2 ** 40]) {
          const settings = settingsFor({ maxMemory: limitLeaving(left, agreement) });
          const connection = openCompressed(role, deflateFor(settings, agreement));
          const frames = Array.from(bytes(digits), (byte, index) => ({
            fin: false,
            rsv: index === 0 ? rsv1 : 0,
            opcode: index === 0 ? 2 : 0,
            payload: [byte],
          }));
          const events = receiveFrames(connection, role, ...frames, { opcode: 0 });
          expect(events).toEqual(["closed 1007 WS_ERR_INVALID_DEFLATE_DATA"]);
          expect(takeFrames(connection)[0].payload.slice(0, 2)).toEqual([0x03, 0xef]);
          const whole = openCompressed(role, deflateFor(settings, agreement));
          const frame = { rsv: rsv1, opcode: 2, payload: bytes(digits) };
          expect(receiveFrames(whole, role, frame)).toEqual(events);
        }
      }
    }
  });

  test("only when the message is complete, because nothing is inflated before", () => {
    const counted = new CountedCompressors();
    const connection = openCompressed("client", deflateFor(settingsFor({ compressors: counted })));
    const header = writeFrame({ rsv: rsv1, opcode: 1, declaredLength: 6n });
    // The two lengths of the stored block do not match.
    expect(receive(connection, [header, bytes("00 05 00 fa fe")])).toEqual([]);
    expect(counted.inflators).toHaveLength(0);
    expect(receive(connection, [bytes("00")])).toEqual(["closed 1007 WS_ERR_INVALID_DEFLATE_DATA"]);
  });

  test("the pool's inflators work afterwards", () => {
    const settings = settingsFor();
    for (let turn = 0; turn < 20; turn++) {
      const bad = openCompressed("client", deflateFor(settings));
      receive(bad, [bytes("42 01 00"), bytes("80 04 05 00 fa fe")]);
      expect(bad.closed?.statusCode).toBe(1007);
      const good = openCompressed("client", deflateFor(settings));
      expect(receive(good, [bytes("41 03 f2 48 cd"), bytes("80 04 c9 c9 07 00")])).toEqual([
        "text Hello",
      ]);
    }
  });
});

test("empty compressed messages and fragments of text and binary are received", () => {
  const connection = openCompressed("client", deflateFor());
  const wire = ["c1 00", "c2 00", "c1 01 00", "c2 01 00", "41 00 00 00 80 00", "42 00 80 01 00"];
  expect(receive(connection, wire.map(bytes))).toEqual([
    "text ",
    "binary ",
    "text ",
    "binary ",
    "text ",
    "binary ",
  ]);
  expect(receive(connection, [bytes("41 00 00 07 f2 48 cd c9 c9 07 00 00 00 80 00")])).toEqual([
    "text Hello",
  ]);
});

test("inflating a message does not modify the next one in the same chunk", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 70_000 }), { minLength: 1, maxLength: 5 }),
      chunkSizes,
      (lengths, sizes) => {
        const connection = openCompressed("client", deflateFor());
        const messages = lengths.map((length, index) => noise(length, index + 1));
        const wire = concat(
          messages.map((message) =>
            writeFrame({ rsv: rsv1, opcode: 2, payload: deflateMessage(message) }),
          ),
        );
        const kept: Uint8Array[] = [];
        for (const chunk of cut(
          wire,
          sizes.map((size) => size + (wire.length >> 8)),
        )) {
          connection.receive(chunk);
          while (connection.unread > 0) {
            if (connection.next() !== 1) break;
            kept.push(connection.message as Uint8Array);
          }
          expect(eventsOf(connection)).toEqual([]);
          chunk.fill(0xee);
        }
        expect(kept).toEqual(messages);
      },
    ),
    { numRuns: runs(50) },
  );
});

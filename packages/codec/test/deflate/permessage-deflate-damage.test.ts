import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { chunkSizes } from "../arbitraries.ts";
import { concat, cut, pattern } from "../bytes.ts";
import { type Role, receive, takeFrames } from "../connection/drive.ts";
import { frameFor } from "../oracle/frame-writer.ts";
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

const maxMessageSize = 20_000;
const faults = [
  "closed 1007 WS_ERR_INVALID_DEFLATE_DATA",
  "closed 1007 WS_ERR_INVALID_UTF8",
  "closed 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH",
];

/** Receives each compressed payload as a message and checks how the connection ends. */
function receiveDamaged(
  role: Role,
  payloads: readonly Uint8Array[],
  { sizes, cuts, isKept, left }: Manner,
): void {
  const counted = new CountedCompressors();
  const agreement = isKept ? takeover : {};
  const maxMemory = limitLeaving(left, agreement);
  const settings = settingsFor({ compressors: counted, maxMessageSize, maxMemory });
  const deflate = deflateFor(settings, agreement);
  const connection = openCompressed(role, deflate, { maxMessageSize });
  const wire = payloads.flatMap((payload, turn) => {
    const sizes = cuts.map((size) => size + (payload.length >> 8));
    const pieces = payload.length === 0 ? [payload] : cut(payload, sizes);
    return pieces.map((piece, index) =>
      frameFor(role, {
        fin: index === pieces.length - 1,
        rsv: index === 0 ? 0x40 : 0,
        opcode: index > 0 ? 0 : 1 + (turn & 1),
        payload: piece,
      }),
    );
  });
  const bytes = concat(wire);
  const events = receive(
    connection,
    cut(
      bytes,
      sizes.map((size) => size + (bytes.length >> 8)),
    ),
  );
  let inMessage = 0;
  for (const length of counted.inflated) inMessage += Math.max(length, 0);
  // The valid messages, and the one that failed the connection.
  expect(inMessage).toBeLessThanOrEqual(payloads.length * maxMessageSize + 65_536);
  const closed = events.findIndex((event) => event.startsWith("closed"));
  if (closed < 0) {
    expect(events).toHaveLength(payloads.length);
    connection.send("still open");
    expect(takeFrames(connection)).toHaveLength(1);
    connection.end();
  } else {
    expect(closed).toBe(events.length - 1);
    expect(faults).toContain(events[closed]);
    expect(takeFrames(connection).map(({ opcode }) => opcode)).toEqual([8]);
  }
  for (const event of events) expect(event.length).toBeLessThanOrEqual(2 * maxMessageSize + 7);
  expect(connection.send("x")).toBe(false);
  // Only the pool's compressors are left: the shared deflator and idle inflators.
  expect(counted.open.size).toBeLessThanOrEqual(isKept ? 0 : 3);
  if (isKept) expect(settings.pool.memory).toBe(0);
}

interface Manner {
  sizes: number[];
  cuts: number[];
  isKept: boolean;
  /** The memory that the limit leaves besides the windows, in bytes. */
  left: number;
}

const manner: fc.Arbitrary<Manner> = fc.record({
  sizes: chunkSizes,
  cuts: fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 }),
  isKept: fc.boolean(),
  left: fc.constantFrom(0, 60_000, Number.MAX_SAFE_INTEGER),
});
const role = fc.constantFrom<Role>("client", "server");
const data = fc.oneof(
  fc.uint8Array({ maxLength: 100 }),
  fc.nat({ max: 19_000 }).map((length) => noise(length)),
  fc.nat({ max: 60_000 }).map((length) => new Uint8Array(length).fill(0x61)),
  fc.nat({ max: 19_000 }).map((length) => pattern(length)),
);
const level = fc.integer({ min: 0, max: 9 });

describe("for any payload with RSV1, the connection fails with the right error or stays open", () => {
  test("streams with flipped bits", () => {
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { maxLength: 4 });
    fc.assert(
      fc.property(
        role,
        manner,
        fc.array(fc.tuple(data, level, flips), { maxLength: 4 }),
        (role, manner, messages) => {
          const payloads = messages.map(([data, level, flips]) => {
            const payload = deflateMessage(data, { level });
            for (const [at, bits] of flips) payload[at % payload.length] ^= bits;
            return payload;
          });
          receiveDamaged(role, payloads, manner);
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test("truncated streams and streams with inserted bytes", () => {
    const place = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        role,
        manner,
        fc.array(fc.tuple(data, level, place, fc.uint8Array({ maxLength: 5 })), { maxLength: 4 }),
        fc.boolean(),
        (role, manner, messages, goesOn) => {
          const payloads = messages.map(([data, level, place, inserted]) => {
            const payload = deflateMessage(data, { level });
            const at = Math.floor(place * payload.length);
            const rest = goesOn ? payload.subarray(at) : new Uint8Array(0);
            return concat([payload.subarray(0, at), inserted, rest]);
          });
          receiveDamaged(role, payloads, manner);
        },
      ),
      { numRuns: runs(300) },
    );
  });

  test("any bytes", () => {
    const some = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      // Blocks with fixed codes, nearly all of which are valid.
      fc.uint8Array({ maxLength: 400 }).map((bytes) => concat([Uint8Array.of(0x62), bytes])),
    );
    fc.assert(
      fc.property(role, manner, fc.array(some, { maxLength: 5 }), (role, manner, payloads) =>
        receiveDamaged(role, payloads, manner),
      ),
      { numRuns: runs(500) },
    );
  });

  test("any frames give the same messages and faults in any chunks", () => {
    fc.assert(
      fc.property(
        role,
        fc.array(
          fc.record({
            fin: fc.boolean(),
            rsv: fc.constantFrom(0, 0x40, 0x40),
            opcode: fc.constantFrom(0, 0, 1, 2, 8, 9),
            payload: fc.oneof(
              fc.uint8Array({ maxLength: 30 }),
              data.map((data) => deflateMessage(data)),
            ),
          }),
          { maxLength: 8 },
        ),
        chunkSizes,
        fc.boolean(),
        (role, frames, sizes, isKept) => {
          const wire = concat(frames.map((frame) => frameFor(role, frame)));
          const [whole, pieces] = [
            [wire.slice()],
            cut(
              wire,
              sizes.map((size) => size + (wire.length >> 8)),
            ),
          ].map((chunks) => {
            const deflate = deflateFor(settingsFor({ maxMessageSize }), isKept ? takeover : {});
            const connection = openCompressed(role, deflate, { maxMessageSize });
            const events = receive(connection, chunks);
            const sent = takeFrames(connection).map(({ opcode }) => opcode);
            connection.end();
            // With several faults in the data, the chunks determine which is found first.
            return [...events.map((event) => (faults.includes(event) ? "a fault" : event)), sent];
          });
          expect(pieces).toEqual(whole);
        },
      ),
      { numRuns: runs(300) },
    );
  });
});

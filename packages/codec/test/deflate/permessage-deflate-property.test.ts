import * as zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { chunkSizes } from "../arbitraries.ts";
import { concat, cut, hex } from "../bytes.ts";
import { type Role, receive, takeFrames, takeOutput } from "../connection/drive.ts";
import { frameFor } from "../oracle/frame-writer.ts";
import {
  deflateFor,
  limitLeaving,
  mirrored,
  noise,
  openCompressed,
  settingsFor,
  tail,
  takeover,
} from "./compressors.ts";

const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 80 }),
  fc
    .tuple(fc.string({ unit: "binary", minLength: 1, maxLength: 10 }), fc.nat({ max: 3000 }))
    .map(([unit, count]) => unit.repeat(count)),
);
const binary = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.nat({ max: 80_000 }).map((length) => noise(length)),
  fc
    .tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.nat({ max: 90_000 }))
    .map(([unit, length]) => new Uint8Array(length).map((_, i) => unit[i % unit.length])),
);
const messages = fc.array(fc.oneof(text, binary), { maxLength: 6 });

/** Possible agreements. Only a client can have a window of 8 bits: it then compresses nothing. */
const agreement = fc.record({
  sendContextTakeover: fc.boolean(),
  sendWindowBits: fc.integer({ min: 8, max: 15 }),
  receiveContextTakeover: fc.boolean(),
  receiveWindowBits: fc.integer({ min: 9, max: 15 }),
});
const effort = fc.record({
  threshold: fc.constantFrom(undefined, 0, 1, 100, 2000),
  level: fc.integer({ min: 1, max: 9 }),
  memLevel: fc.integer({ min: 1, max: 9 }),
});
/** The memory that the limit leaves besides the windows, in bytes. */
const left = fc.constantFrom(0, 60_000, 400_000, Number.MAX_SAFE_INTEGER);
const roles = fc.constantFrom<Role>("client", "server");

const encode = (data: string | Uint8Array) =>
  typeof data === "string" ? new TextEncoder().encode(data) : data;
const describeMessage = (data: string | Uint8Array) =>
  typeof data === "string" ? `text ${data}` : `binary ${hex(data)}`;
const other = (role: Role): Role => (role === "client" ? "server" : "client");

/** Cuts the wire into at most a few hundred chunks. */
const chunksOf = (wire: Uint8Array, sizes: readonly number[]) =>
  cut(
    wire,
    sizes.map((size) => size + (wire.length >> 8)),
  );

/** Compares long texts without printing hundreds of kilobytes. */
function expectSame(actual: readonly string[], expected: readonly string[]): void {
  const short = (list: readonly string[]) =>
    list.map((line) => `${line.length}: ${line.slice(0, 80)}`);
  expect(short(actual)).toEqual(short(expected));
  expect(actual.every((line, index) => line === expected[index])).toBe(true);
}

describe("messages from connection to connection", () => {
  test("are received as they were sent, with any agreement, in any chunks, in both directions", () => {
    fc.assert(
      fc.property(
        fc.record({ agreement, effort, left, messages, answers: messages, sizes: chunkSizes }),
        roles,
        ({ agreement, effort, left, messages, answers, sizes }, role) => {
          const maxMemory = limitLeaving(left, agreement, effort.memLevel);
          const settings = [1, 2].map(() => settingsFor({ ...effort, maxMemory }));
          const near = openCompressed(role, deflateFor(settings[0], agreement));
          const far = openCompressed(other(role), deflateFor(settings[1], mirrored(agreement)));
          for (const message of messages) near.send(message);
          for (const answer of answers) far.send(answer);
          const there = takeOutput(near);
          const back = takeOutput(far);
          expectSame(receive(far, chunksOf(there, sizes)), messages.map(describeMessage));
          expectSame(receive(near, chunksOf(back, sizes)), answers.map(describeMessage));
          near.end();
          far.end();
        },
      ),
      { numRuns: runs(150) },
    );
  });
});

describe("against the public interface of node:zlib", () => {
  test("it inflates sent messages with a window of the agreed size", () => {
    fc.assert(
      fc.property(effort, agreement, messages, roles, (effort, agreement, messages, role) => {
        const connection = openCompressed(role, deflateFor(settingsFor(effort), agreement));
        for (const message of messages) connection.send(message);
        const frames = takeFrames(connection);
        connection.end();
        expect(frames).toHaveLength(messages.length);
        const compressed = frames.flatMap(({ rsv1, payload }, index) =>
          rsv1 ? [{ payload: concat([Uint8Array.from(payload), tail]), index }] : [],
        );
        const options = {
          windowBits: agreement.sendWindowBits,
          finishFlush: zlib.constants.Z_SYNC_FLUSH,
        };
        if (agreement.sendContextTakeover) {
          const all = zlib.inflateRawSync(
            concat(compressed.map(({ payload }) => payload)),
            options,
          );
          const expected = concat(compressed.map(({ index }) => encode(messages[index])));
          expect(Buffer.compare(all, expected)).toBe(0);
        }
        for (const [index, { rsv1, opcode, payload, fin }] of frames.entries()) {
          const data = encode(messages[index]);
          expect([fin, opcode]).toEqual([true, typeof messages[index] === "string" ? 1 : 2]);
          if (!rsv1) expect(Buffer.compare(Uint8Array.from(payload), data)).toBe(0);
          else if (!agreement.sendContextTakeover) {
            const own = zlib.inflateRawSync(concat([Uint8Array.from(payload), tail]), options);
            expect(Buffer.compare(own, data)).toBe(0);
            expect(payload.length).toBeLessThan(data.length);
          }
        }
      }),
      { numRuns: runs(100) },
    );
  });

  test("messages it compresses are read, in any fragments and chunks, with any memory limit", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            data: fc.oneof(text, binary),
            level: fc.integer({ min: 0, max: 9 }),
            strategy: fc.constantFrom(
              zlib.constants.Z_DEFAULT_STRATEGY,
              zlib.constants.Z_FIXED,
              zlib.constants.Z_HUFFMAN_ONLY,
              zlib.constants.Z_RLE,
            ),
            windowBits: fc.integer({ min: 9, max: 15 }),
            flush: fc.constantFrom(
              zlib.constants.Z_SYNC_FLUSH,
              zlib.constants.Z_FULL_FLUSH,
              zlib.constants.Z_FINISH,
            ),
          }),
          { maxLength: 4 },
        ),
        fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 5 }),
        fc.record({ sizes: chunkSizes, left, isKept: fc.boolean() }),
        roles,
        (messages, cuts, { sizes, left, isKept }, role) => {
          const agreement = isKept ? takeover : {};
          const settings = settingsFor({ maxMemory: limitLeaving(left, agreement) });
          const connection = openCompressed(role, deflateFor(settings, agreement));
          const wire = messages.flatMap(({ data, flush, ...options }) => {
            const made = zlib.deflateRawSync(encode(data), { ...options, finishFlush: flush });
            // The tail of a sync flush is removed. After BFINAL an empty block is added.
            const payload =
              flush === zlib.constants.Z_FINISH
                ? concat([made, Uint8Array.of(0)])
                : new Uint8Array(made.subarray(0, -4));
            const pieces: Uint8Array[] = [];
            let start = 0;
            for (const size of cuts) {
              pieces.push(payload.subarray(start, start + size));
              start += size;
            }
            pieces.push(payload.subarray(start));
            return pieces.map((piece, index) =>
              frameFor(role, {
                fin: index === pieces.length - 1,
                rsv: index === 0 ? 0x40 : 0,
                opcode: index > 0 ? 0 : typeof data === "string" ? 1 : 2,
                payload: piece,
              }),
            );
          });
          const events = receive(connection, chunksOf(concat(wire), sizes));
          connection.end();
          expectSame(
            events,
            messages.map(({ data }) => describeMessage(data)),
          );
        },
      ),
      { numRuns: runs(150) },
    );
  });
});

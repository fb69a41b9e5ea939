import * as zlib from "node:zlib";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rows, runs } from "../../../../test-depth.ts";
import { concat, hex, pattern } from "../bytes.ts";
import { takeFrames } from "../connection/drive.ts";
import { deflateFor, noise, openCompressed, settingsFor, tail } from "./compressors.ts";
import { BlockReader } from "./deflate-blocks.ts";

/** Noise that repeats after `distance` bytes. */
function echoing(distance: number, length: number): Uint8Array {
  const unit = noise(distance, distance);
  return new Uint8Array(length).map((_, i) => unit[i % distance]);
}

const windowBits = [9, 10, 11, 12, 13, 14, 15];
/** Levels of compression and of memory. */
const levels = [
  [1, 1],
  [3, 8],
  [6, 8],
  [9, 9],
];

describe("an agreed window", () => {
  test.each(rows(windowBits, 3))(
    "of %i bits is used, and no match refers beyond it",
    (sendWindowBits) => {
      const window = 2 ** sendWindowBits;
      let farthest = 0;
      for (const sendContextTakeover of [false, true]) {
        for (const [level, memLevel] of rows(levels, 2)) {
          const settings = settingsFor({ level, memLevel, maxMessageSize: 1 << 24 });
          const deflate = deflateFor(settings, { sendContextTakeover, sendWindowBits });
          const connection = openCompressed("server", deflate);
          const sent = [
            echoing(window - 300, 3 * window),
            echoing(window, 3 * window),
            echoing(window + 1, 3 * window),
            echoing(2 * window, 5 * window),
            echoing(window - 300, 3 * window),
            echoing(200, 1000),
            pattern(20_000),
          ];
          for (const message of sent) connection.send(message);
          const frames = takeFrames(connection);
          const compressed = frames.filter(({ rsv1 }) => rsv1).map(({ payload }) => payload);
          expect(compressed.length).toBeGreaterThan(1);
          const reader = new BlockReader(
            concat(compressed.flatMap((payload) => [Uint8Array.from(payload), tail])),
          );
          for (const { distance } of reader.matches) farthest = Math.max(farthest, distance);
          expect(farthest).toBeLessThanOrEqual(window);
          connection.end();
        }
      }
      expect(farthest).toBeGreaterThanOrEqual(window - 300);
    },
  );

  test("is kept between messages only if that was agreed", () => {
    const data = echoing(400, 500);
    for (const sendContextTakeover of [false, true]) {
      const deflate = deflateFor(settingsFor(), { sendContextTakeover, sendWindowBits: 9 });
      const connection = openCompressed("server", deflate);
      connection.send(data);
      connection.send(data);
      const [first, second] = takeFrames(connection).map(({ payload }) => payload.length);
      expect(second < first).toBe(sendContextTakeover);
    }
  });
});

test("node:zlib inflates any messages with the agreed window, and no match refers beyond it", () => {
  const message = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc
      .tuple(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 0, max: 12_000 }))
      .map(([distance, length]) => echoing(distance, length)),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...windowBits),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.array(message, { maxLength: 5 }),
      (sendWindowBits, level, memLevel, messages) => {
        const settings = settingsFor({ level, memLevel });
        const deflate = deflateFor(settings, { sendContextTakeover: true, sendWindowBits });
        const connection = openCompressed("client", deflate);
        for (const data of messages) connection.send(data);
        const frames = takeFrames(connection);
        connection.end();
        const data = concat(frames.flatMap(({ payload }) => [Uint8Array.from(payload), tail]));
        const { matches, length } = new BlockReader(data);
        expect(Math.max(0, ...matches.map(({ distance }) => distance))).toBeLessThanOrEqual(
          2 ** sendWindowBits,
        );
        const inflated = zlib.inflateRawSync(data, {
          windowBits: sendWindowBits,
          finishFlush: zlib.constants.Z_SYNC_FLUSH,
        });
        expect(hex(inflated)).toBe(hex(concat(messages)));
        expect(length).toBe(inflated.length);
      },
    ),
    { numRuns: runs(60) },
  );
});

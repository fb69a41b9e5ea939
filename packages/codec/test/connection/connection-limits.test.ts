import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import type { Connection } from "../../src/connection/connection.ts";
import { standardTextCoding } from "../../src/utf8.ts";
import { allocationsOf } from "../allocations.ts";
import { chunkSizes } from "../arbitraries.ts";
import { ascii, bytes, concat, cut, hex, pattern } from "../bytes.ts";
import { type FrameToWrite, frameFor, writeFrame } from "../oracle/frame-writer.ts";
import { eventsOf, openConnection, receive, receiveFrames, takeFrameTexts } from "./drive.ts";

const roles = ["client", "server"] as const;
const sum = (sizes: readonly number[]) => sizes.reduce((all, size) => all + size, 0);

/** A message for a client in fragments of 64 bytes. `body` is a multiple of 64 bytes long. */
function inSmallFragments(opcode: number, body: Uint8Array): Uint8Array {
  const count = body.length / 64;
  const wire = new Uint8Array(count * 66);
  for (let i = 0; i < count; i++) {
    wire[66 * i] = (i === count - 1 ? 0x80 : 0) | (i === 0 ? opcode : 0);
    wire[66 * i + 1] = 64;
    wire.set(body.subarray(64 * i, 64 * (i + 1)), 66 * i + 2);
  }
  return wire;
}

describe("4 MiB in 65,536 fragments of 64 bytes", () => {
  const length = 1 << 22;
  const options = { maxMessageSize: length, maxFragments: length / 64 };
  // Characters of 3 bytes, so that fragments split them.
  const characters = `${"\u20ac".repeat(Math.floor(length / 3))}x`;
  const text = new TextEncoder().encode(characters);

  test.each([
    ["binary", 2, pattern(length)],
    ["text", 1, text],
  ] as const)(
    "%s arrives whole, and memory grows with the bytes that arrive",
    (kind, opcode, body) => {
      const connection = openConnection("client", options);
      let came = 0;
      let worst = 0;
      const all: number[] = [];
      for (const chunk of cut(inSmallFragments(opcode, body), [66_000])) {
        came += chunk.length;
        const sizes = allocationsOf(() => {
          connection.receive(chunk);
          connection.next();
        });
        all.push(...sizes);
        worst = Math.max(worst, ...sizes.map((size) => size / came));
      }
      const { message } = connection;
      if (kind === "text") expect(message === characters).toBe(true);
      else expect(hex(message as Uint8Array) === hex(body)).toBe(true);
      expect(eventsOf(connection)).toEqual([]);
      // No buffer is longer than twice the bytes received. Doubling adds up to twice the longest
      // buffer, and the message may be a copy.
      expect(worst).toBeLessThanOrEqual(2);
      expect(sum(all)).toBeLessThanOrEqual(5 * length);
    },
  );

  test.each([1, 2])("one byte or one fragment above the limit is refused: opcode %i", (opcode) => {
    const wire = inSmallFragments(opcode, opcode === 1 ? text : pattern(length));
    for (const [less, status, code] of [
      [{ maxMessageSize: length - 1 }, 1009, "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
      [{ maxFragments: length / 64 - 1 }, 1008, "WS_ERR_TOO_MANY_BUFFERED_PARTS"],
    ] as const) {
      const connection = openConnection("client", { ...options, ...less });
      expect(receive(connection, [wire.slice()])).toEqual([`closed ${status} ${code}`]);
    }
  });
});

describe("empty fragments count as fragments", () => {
  /** A message for a client in `count` frames. All are empty, except that the last holds `last`. */
  function emptyFrames(count: number, opcode: number, last = ""): Uint8Array {
    const wire = new Uint8Array(2 * count);
    wire[0] = opcode;
    wire[2 * count - 2] |= 0x80;
    wire[2 * count - 1] = last.length;
    return concat([wire, ascii(last)]);
  }

  test.each([1, 2])("a limit of 1,048,576 is exact: opcode %i", (opcode) => {
    const maxFragments = 1_048_576;
    const connection = openConnection("client", { maxFragments });
    const events = receive(connection, [emptyFrames(maxFragments, opcode, "x")]);
    expect(events).toEqual([opcode === 1 ? "text x" : "binary 78"]);
    expect(receive(connection, [emptyFrames(maxFragments + 1, opcode)])).toEqual([
      "closed 1008 WS_ERR_TOO_MANY_BUFFERED_PARTS",
    ]);
  });

  test("they take no memory", () => {
    const connection = openConnection("client", { maxFragments: 100_000 });
    const wire = emptyFrames(100_000, 1);
    expect(allocationsOf(() => receive(connection, [wire.subarray(0, 199_000)]))).toEqual([]);
    expect(receive(connection, [wire.subarray(199_000)])).toEqual(["text "]);
  });
});

describe.each(roles)("control frames between the fragments of a long message: %s", (role) => {
  const frames: FrameToWrite[] = [
    { opcode: 2, fin: false, payload: pattern(100_000, 1) },
    { opcode: 9, payload: pattern(125, 2) },
    { opcode: 0, fin: false, payload: pattern(70_000, 3) },
    { opcode: 10, payload: pattern(3, 4) },
    { opcode: 9 },
    { opcode: 0, payload: pattern(300, 5) },
  ];
  const wire = concat(frames.map((frame) => frameFor(role, frame)));
  const body = concat([pattern(100_000, 1), pattern(70_000, 3), pattern(300, 5)]);

  test.each([7, 64, 1000, 4096, 65_536, 1_000_000])(
    "are delivered in chunks of %i bytes",
    (size) => {
      const connection = openConnection(role);
      const events: string[] = [];
      const pongs: string[] = [];
      for (const chunk of cut(wire, [size])) {
        events.push(...receive(connection, [chunk]));
        pongs.push(...takeFrameTexts(connection));
      }
      expect(events).toEqual([
        `ping ${hex(pattern(125, 2))}`,
        `pong ${hex(pattern(3, 4))}`,
        "ping ",
        `binary ${hex(body)}`,
      ]);
      expect(pongs).toEqual([`pong ${hex(pattern(125, 2))}`, "pong "]);
    },
  );

  test("a Close frame between them discards the message", () => {
    const close = { opcode: 8, payload: bytes("03e8") };
    const events = receiveFrames(openConnection(role), role, ...frames.slice(0, 3), close);
    expect(events.at(-1)).toBe('closed 1000 "" clean');
    expect(events.filter((event) => event.startsWith("binary"))).toEqual([]);
  });
});

describe.each(roles)("a declared length: %s", (role) => {
  const maskingKey = role === "server" ? [1, 2, 3, 4] : undefined;
  const header = (declaredLength: bigint, opcode: number, fin: boolean) =>
    writeFrame({ opcode, fin, declaredLength, lengthBits: 64, maskingKey });

  test.each([
    [2n ** 24n + 1n, 1009],
    [2n ** 32n, 1009],
    [2n ** 53n - 1n, 1009],
    [2n ** 53n, 1009],
    [2n ** 53n + 1n, 1009],
    [2n ** 62n + 1n, 1009],
    [2n ** 63n - 1n, 1009],
    [2n ** 63n, 1002],
    [2n ** 63n + 5n, 1002],
    [2n ** 64n - 1n, 1002],
  ])("of %d fails with %i after the header, and takes no memory", (length, status) => {
    const code =
      status === 1002 ? "WS_ERR_INVALID_PAYLOAD_LENGTH" : "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH";
    for (const opcode of [1, 2]) {
      for (const fin of [true, false]) {
        for (const size of [1, 14]) {
          const connection = openConnection(role, { maxMessageSize: 2 ** 24 });
          const chunks = cut(header(length, opcode, fin), [size]);
          const [last] = chunks.splice(-1);
          const sizes = allocationsOf(() => {
            expect(receive(connection, chunks)).toEqual([]);
            expect(receive(connection, [last])).toEqual([`closed ${status} ${code}`]);
          });
          // Memory for the Close frame and for a header in pieces.
          expect(Math.max(...sizes, 0)).toBeLessThanOrEqual(4096);
        }
      }
    }
  });

  test("of 2^53 or more is refused even with the largest maxMessageSize", () => {
    for (const length of [2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n]) {
      const connection = openConnection(role, { maxMessageSize: Number.MAX_SAFE_INTEGER });
      const events = receive(connection, [header(length, 2, true)]);
      expect(events).toEqual(["closed 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"]);
    }
  });

  test("of 2^53-1 takes memory only as its bytes arrive", () => {
    for (const opcode of [1, 2]) {
      const connection = openConnection(role, { maxMessageSize: Number.MAX_SAFE_INTEGER });
      const chunks = [header(2n ** 53n - 1n, opcode, true), new Uint8Array(1000)];
      if (role === "server") for (let i = 0; i < 1000; i++) chunks[1][i] = [1, 2, 3, 4][i % 4];
      const sizes = allocationsOf(() => expect(receive(connection, chunks)).toEqual([]));
      expect(sum(sizes)).toBeLessThanOrEqual(2 * 1000);
    }
  });

  test.each([8, 9, 10])(
    "above 125 for control opcode %i fails at the header's second byte",
    (opcode) => {
      for (const length of [126n, 65_536n]) {
        const connection = openConnection(role);
        const wire = writeFrame({ opcode, declaredLength: length, maskingKey });
        expect(receive(connection, [wire.slice(0, 1)])).toEqual([]);
        expect(receive(connection, [wire.slice(1, 2)])).toEqual([
          "closed 1002 WS_ERR_INVALID_CONTROL_PAYLOAD_LENGTH",
        ]);
      }
    },
  );
});

describe("text that is not UTF-8 fails at its first invalid byte", () => {
  const before = fc.oneof(fc.nat({ max: 40 }), fc.integer({ min: 240, max: 270 }), fc.nat(3000));
  const bad = fc.constantFrom("80", "c0", "c328", "e080", "e28228", "eda0", "f080", "f490", "ff");

  test("in an incomplete frame, in any fragment and any chunks", () => {
    fc.assert(
      fc.property(before, bad, fc.boolean(), chunkSizes, (before, bad, continued, sizes) => {
        const connection = openConnection("client");
        if (continued) receive(connection, [bytes("01 03 61 62 63")]);
        const start = concat([ascii("x".repeat(before)), bytes(bad)]);
        const rest = BigInt(start.length + 10_000);
        const header = writeFrame({ opcode: continued ? 0 : 1, declaredLength: rest });
        const chunks = cut(concat([header, start.subarray(0, -1)]), sizes);
        expect(receive(connection, chunks)).toEqual([]);
        expect(receive(connection, [start.slice(-1)])).toEqual(["closed 1007 WS_ERR_INVALID_UTF8"]);
      }),
      { numRuns: runs(300) },
    );
  });
});

describe("text that is longer than the longest string", () => {
  test("fails with 1009 even if maxMessageSize allows it", () => {
    const piece = ascii("x".repeat(2 ** 20));
    const decoded = "x".repeat(piece.length);
    const text = { ...standardTextCoding, decodeUtf8: () => decoded };
    const connection = openConnection("client", { maxMessageSize: 2 ** 32, text });
    receive(connection, [writeFrame({ opcode: 1, declaredLength: 2n ** 30n })]);
    const events: string[] = [];
    for (let mebibytes = 1; mebibytes <= 1024 && events.length === 0; mebibytes++) {
      events.push(...receive(connection, [piece]));
      expect(mebibytes).toBeLessThanOrEqual(512);
    }
    expect(events).toEqual(["closed 1009 WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"]);
  });
});

describe("an incomplete long message", () => {
  const fragment = writeFrame({ opcode: 2, fin: false, payload: pattern(130_000) });

  test.each([
    ["the peer's Close frame", (connection: Connection) => receive(connection, [bytes("88 00")])],
    ["a fault", (connection: Connection) => receive(connection, [bytes("83 00")])],
    ["the transport's end", (connection: Connection) => connection.end()],
  ])("returns its borrowed memory after %s", (_, finish) => {
    const all: number[] = [];
    for (let i = 0; i < 20; i++) {
      const connection = openConnection("client");
      all.push(...allocationsOf(() => receive(connection, [fragment.slice()])));
      finish(connection);
    }
    // Only the first connection may have to allocate the memory. The others borrow it.
    expect(all.filter((size) => size >= 130_000).length).toBeLessThanOrEqual(1);
  });
});

describe("the memory of a connection", () => {
  /** Sizes of the output buffers, which all connections share. */
  const outputSizes = [4096, 65_536];
  // No memory is shared between small messages: shared memory has a different limit.
  const limits = { maxMessageSize: 1000, maxFragments: 5, sharedFrom: Number.POSITIVE_INFINITY };
  const frame = fc.record({
    opcode: fc.constantFrom(0, 0, 1, 2, 2, 8, 9, 10),
    fin: fc.boolean(),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 20 }),
      fc.nat({ max: 1100 }).map((length) => ascii("x".repeat(length))),
    ),
  });
  const wire = fc.oneof(
    fc.array(frame, { maxLength: 12 }).map((frames) => concat(frames.map((f) => writeFrame(f)))),
    fc.uint8Array({ maxLength: 3000 }),
  );

  test("is at most twice maxMessageSize for any input", () => {
    fc.assert(
      fc.property(wire, chunkSizes, (wire, sizes) => {
        const connection = openConnection("client", limits);
        const chunks = cut(wire, sizes);
        const made = allocationsOf(() => receive(connection, chunks));
        const own = made.filter((size) => !outputSizes.includes(size));
        expect(Math.max(0, ...own)).toBeLessThanOrEqual(2 * limits.maxMessageSize);
        expect(connection.unread).toBe(0);
      }),
      { numRuns: runs(500) },
    );
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { integers, rows, runs } from "../../../../test-depth.ts";
import { DecodeStep, FrameDecoder } from "../../src/frame/decoder.ts";
import { encodeFrame } from "../../src/frame/encoder.ts";
import { chunkSizes, legalFrames, role, wireFor } from "../arbitraries.ts";
import { ascii, bytes, concat, cut, hex, pattern, transfer } from "../bytes.ts";
import { type FrameToWrite, frameFor } from "../oracle/frame-writer.ts";
import { brokenRules, situations } from "../oracle/legality.ts";
import { decode, decoderFor } from "./drive.ts";

function expected(frames: readonly FrameToWrite[]) {
  return frames.map(({ fin = true, rsv = 0, opcode, payload = [] }) => ({
    fin,
    rsv1: rsv === 0x40,
    opcode,
    payload: hex(payload),
  }));
}

describe("all 65,536 first two bytes", () => {
  test.each(situations)("are checked as soon as they arrive: %o", (situation) => {
    const { role, inMessage, rsv1Negotiated } = situation;
    const options = { role, maxMessageSize: 2 ** 40, maxFragments: 9 };
    const opening = frameFor(role, { fin: false, opcode: 1 });
    const wrong: string[] = [];
    for (const first of integers(65_536)) {
      const decoder = new FrameDecoder(options);
      decoder.rsv1Negotiated = rsv1Negotiated;
      if (inMessage) {
        decoder.push(opening.slice());
        decoder.next();
      }
      const rules = brokenRules(first >> 8, first & 255, situation);
      // Half of them arrive in two chunks, because a split header has its own code path.
      if (first % 2 === 0) decoder.push(Uint8Array.of(first >> 8, first));
      else {
        decoder.push(Uint8Array.of(first >> 8));
        if (decoder.next() !== DecodeStep.NeedData)
          wrong.push(`${first.toString(16)} after one byte`);
        decoder.push(Uint8Array.of(first));
      }
      const failed = decoder.next() === DecodeStep.Failed;
      const right = failed ? rules.includes(decoder.error ?? "none") : rules.length === 0;
      if (!right) wrong.push(`${first.toString(16)}: ${decoder.error}, not ${rules}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe("the examples of section 5.7", () => {
  const long256 = pattern(256);
  const long64k = pattern(65_536);
  test.each([
    ["unmasked text", "client", "81 05 48 65 6c 6c 6f", [[true, 1, "48656c6c6f"]]],
    ["masked text", "server", "81 85 37 fa 21 3d 7f 9f 4d 51 58", [[true, 1, "48656c6c6f"]]],
    [
      "fragmented text",
      "client",
      "01 03 48 65 6c 80 02 6c 6f",
      [
        [false, 1, "48656c"],
        [true, 0, "6c6f"],
      ],
    ],
    ["ping", "client", "89 05 48 65 6c 6c 6f", [[true, 9, "48656c6c6f"]]],
    ["masked pong", "server", "8a 85 37 fa 21 3d 7f 9f 4d 51 58", [[true, 10, "48656c6c6f"]]],
    ["256 bytes", "client", `82 7e 0100${hex(long256)}`, [[true, 2, hex(long256)]]],
    ["64 KiB", "client", `82 7f 0000000000010000${hex(long64k)}`, [[true, 2, hex(long64k)]]],
  ] as const)("%s", (_, role, wire, frames) => {
    const decoded = decode(decoderFor(role), [bytes(wire)]);
    expect(decoded.error).toBeUndefined();
    expect(decoded.frames.map(({ fin, opcode, payload }) => [fin, opcode, payload])).toEqual(
      frames,
    );
  });
});

describe("any chunking", () => {
  test("gives the same frames in both roles", () => {
    fc.assert(
      fc.property(role, legalFrames, chunkSizes, (role, frames, sizes) => {
        const decoded = decode(decoderFor(role), cut(wireFor(role, frames), sizes));
        expect(decoded).toEqual({ frames: expected(frames), error: undefined });
      }),
      { numRuns: runs(300) },
    );
  });

  test("decodes what encodeFrame wrote", () => {
    fc.assert(
      fc.property(role, legalFrames, chunkSizes, fc.integer(), (role, frames, sizes, key) => {
        const maskingKey = role === "server" ? key : undefined;
        const parts = frames.map(({ fin = true, opcode, payload = [] }) => {
          const out = new Uint8Array(payload.length + 14);
          const data = Uint8Array.from(payload);
          return out.subarray(0, encodeFrame(out, 0, (fin ? 0x80 : 0) | opcode, data, maskingKey));
        });
        const decoded = decode(decoderFor(role), cut(concat(parts), sizes));
        expect(decoded).toEqual({ frames: expected(frames), error: undefined });
      }),
      { numRuns: runs(200) },
    );
  });

  test.each(["client", "server"] as const)(
    "is accepted at each byte of every kind of header: %s",
    (role) => {
      const frames: FrameToWrite[] = [
        { opcode: 2 },
        { opcode: 2, payload: pattern(125) },
        { opcode: 9, payload: pattern(3) },
        { fin: false, opcode: 1, payload: pattern(126) },
        { opcode: 10 },
        { opcode: 0, payload: pattern(300) },
        { opcode: 2, payload: pattern(65_536) },
        { opcode: 8, payload: bytes("03e8") },
      ];
      const wire = wireFor(role, frames);
      const wrong: number[] = [];
      const afterLargeHeader = wire.length - 65_536 - 10;
      const splits = rows(Array.from({ length: wire.length }, (_, at) => at).slice(1));
      for (const at of splits) {
        if (at > afterLargeHeader && at < afterLargeHeader + 65_536) continue;
        const decoded = decode(decoderFor(role), [wire.slice(0, at), wire.slice(at)]);
        const good = JSON.stringify(decoded.frames) === JSON.stringify(expected(frames));
        if (!good || decoded.error) wrong.push(at);
      }
      expect(wrong).toEqual([]);
    },
  );

  test("gives the same fault after the same frames", () => {
    const fault = fc.constantFrom<FrameToWrite>(
      { opcode: 3 },
      { opcode: 1, rsv: 0x40 },
      { opcode: 9, fin: false },
      { opcode: 2, payload: pattern(5), lengthBits: 16 },
      { opcode: 2, payload: pattern(500), lengthBits: 64 },
      { opcode: 2, declaredLength: 2n ** 63n, lengthBits: 64 },
      { opcode: 2, declaredLength: 2n ** 40n },
    );
    fc.assert(
      fc.property(role, legalFrames, fault, chunkSizes, (role, frames, fault, sizes) => {
        const wire = wireFor(role, [...frames, fault, { opcode: 9 }]);
        const whole = decode(decoderFor(role), [wire.slice()]);
        expect(whole.error).toBeDefined();
        expect(whole.frames).toEqual(expected(frames));
        expect(decode(decoderFor(role), cut(wire, sizes))).toEqual(whole);
      }),
      { numRuns: runs(200) },
    );
  });
});

describe("rules that span frames", () => {
  const fragment: FrameToWrite = { fin: false, opcode: 0, payload: pattern(10) };
  const run = (
    options: { maxMessageSize?: number; maxFragments?: number },
    frames: FrameToWrite[],
  ) => decode(decoderFor("client", options), [wireFor("client", frames)]);

  test("the size of a message is the sum of its fragments", () => {
    const first = { ...fragment, opcode: 2 };
    const last = { opcode: 0, payload: pattern(10) };
    expect(run({ maxMessageSize: 30 }, [first, fragment, last]).error).toBeUndefined();
    const tooLong = run({ maxMessageSize: 29 }, [first, fragment, last]);
    expect(tooLong.error).toBe("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
    expect(tooLong.frames).toHaveLength(2);
    // The sum starts at 0 for each message and does not include control frames.
    const ping = { opcode: 9, payload: pattern(125) };
    const whole = { opcode: 2, payload: pattern(30) };
    expect(run({ maxMessageSize: 30 }, [first, ping, last, whole, whole]).error).toBeUndefined();
    // The same off the fast path, which fragments and 16-bit lengths do not take.
    const twice = [first, fragment, last, first, ping, fragment, last];
    expect(run({ maxMessageSize: 30 }, twice).error).toBeUndefined();
    const long = { opcode: 2, payload: pattern(200) };
    const halves = [
      { ...long, fin: false },
      { ...long, opcode: 0 },
    ];
    const longs = [long, long, ...halves, long, ...halves, ...halves];
    expect(run({ maxMessageSize: 400 }, longs).error).toBeUndefined();
    expect(run({ maxMessageSize: 399 }, longs).error).toBe("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
  });

  test("a message has at most maxFragments frames, including empty ones", () => {
    const empty = { fin: false, opcode: 0 };
    const first = { fin: false, opcode: 1 };
    const last = { opcode: 0 };
    const ping = { opcode: 9 };
    const message = [first, empty, ping, ping, ping, last];
    expect(run({ maxFragments: 3 }, [...message, ...message]).error).toBeUndefined();
    const tooMany = run({ maxFragments: 2 }, message);
    expect(tooMany.error).toBe("WS_ERR_TOO_MANY_BUFFERED_PARTS");
    expect(tooMany.frames).toHaveLength(5);
  });

  test("the size is checked after the header, before any payload", () => {
    const header = frameFor("server", { opcode: 2, declaredLength: 101n });
    const decoder = decoderFor("server", { maxMessageSize: 100 });
    expect(decode(decoder, [header]).error).toBe("WS_ERR_UNSUPPORTED_MESSAGE_LENGTH");
  });

  test("a fault is final, and later chunks are not kept", () => {
    const decoder = decoderFor("client");
    expect(decode(decoder, [bytes("83 00")]).error).toBe("WS_ERR_INVALID_OPCODE");
    decoder.push(new Uint8Array(1000));
    decoder.push(new Uint8Array(1000));
    expect(decoder.unread).toBe(0);
    expect(decode(decoder, [bytes("81 00")])).toEqual({
      frames: [],
      error: "WS_ERR_INVALID_OPCODE",
    });
  });
});

describe("ownership of bytes", () => {
  test("a payload is unmasked in place, and only on request", () => {
    const decoder = decoderFor("server");
    const chunk = bytes("81 85 37 fa 21 3d 7f 9f 4d 51 58");
    decoder.push(chunk);
    expect(decoder.next()).toBe(DecodeStep.FrameEnd);
    expect(decoder.buffer).toBe(chunk);
    expect([decoder.start, decoder.end, decoder.unread]).toEqual([6, 11, 0]);
    expect(hex(chunk.subarray(6))).toBe("7f9f4d5158");
    expect(decoder.unmask()).toBe(true);
    expect(hex(chunk.subarray(6))).toBe("48656c6c6f");
  });

  test("an unmasked payload is not modified", () => {
    const decoder = decoderFor("client");
    const chunk = bytes("81 05 48 65 6c 6c 6f");
    decoder.push(chunk);
    expect(decoder.next()).toBe(DecodeStep.FrameEnd);
    expect(decoder.unmask()).toBe(false);
    expect(hex(chunk)).toBe("810548656c6c6f");
  });

  test.each([
    ["server", 0x5a],
    ["client", undefined],
  ] as const)("a %s reports for each frame whether it is known to be ASCII", (role, key) => {
    const decoder = decoderFor(role);
    const lengths = [0, 1, 23, 24, 47, 48, 49, 112, 125];
    const frame = (length: number, last: number) => {
      const payload = Array.from({ length }, (_, i) => (i === length - 1 ? last : 0x41));
      if (key === undefined) return [0x81, length, ...payload];
      return [0x81, 0x80 | length, key, key, key, key, ...payload.map((byte) => byte ^ key)];
    };
    const frames = lengths.flatMap((length) => [frame(length, 0x42), frame(length, 0x80)]);
    decoder.push(Uint8Array.from([...frames, frame(1, 0x41)].flat()));
    const known: boolean[] = [];
    while (decoder.next() === DecodeStep.FrameEnd) {
      known.push(decoder.unmask());
      const text = String.fromCharCode(...decoder.buffer.subarray(decoder.start, decoder.end));
      expect(text).toMatch(/^A*[AB\x80]?$/);
    }
    const expected = lengths.flatMap((length) => [true, length === 0]);
    expect(known).toEqual([...expected, true]);
  });

  test("is idle if the next byte starts a frame and a message", () => {
    const decoder = decoderFor("client");
    const steps: [string, boolean][] = [
      ["81 01 41", true],
      ["81", false],
      ["01", false],
      ["41", true],
      ["82 02 00", false],
      ["00", true],
      ["01 00", false],
      ["89 00", false],
      ["80 00", true],
    ];
    expect(decoder.isIdle).toBe(true);
    for (const [chunk, isIdle] of steps) {
      decoder.push(bytes(chunk));
      expect(decoder.isIdle).toBe(false);
      while (decoder.next() !== DecodeStep.NeedData);
      expect(decoder.isIdle).toBe(isIdle);
    }
    decoder.push(bytes("83 00"));
    expect(decoder.next()).toBe(DecodeStep.Failed);
    expect(decoder.isIdle).toBe(false);
  });

  test("a chunk is dropped with NeedData", () => {
    const decoder = decoderFor("client");
    for (const chunk of ["81 05 48", "65 6c 6c 6f 81", "00", "82 7e 01"]) {
      decoder.push(bytes(chunk));
      while (decoder.next() !== DecodeStep.NeedData);
      expect(decoder.buffer.length).toBe(0);
      expect(decoder.unread).toBe(0);
    }
  });

  test("unread bytes do not change with their chunk after retain", () => {
    fc.assert(
      fc.property(legalFrames, chunkSizes, fc.nat({ max: 3 }), (frames, sizes, steps) => {
        const decoder = decoderFor("server");
        let wholeFrames = 0;
        const pull = (most: number) => {
          for (let i = 0; i < most; i++) {
            const step = decoder.next();
            if (step === DecodeStep.FrameEnd) wholeFrames++;
            else if (step !== DecodeStep.Payload) return;
          }
        };
        const wire = wireFor("server", frames);
        // Each push copies the unread bytes, so the number of chunks must be bounded.
        const least = Math.ceil(wire.length / 300);
        const bounded = sizes.map((size) => Math.max(size, least));
        for (const chunk of cut(wire, bounded)) {
          decoder.push(chunk);
          pull(steps);
          decoder.retain();
          chunk.fill(0xff);
        }
        pull(Number.POSITIVE_INFINITY);
        expect(decoder.error).toBeUndefined();
        expect(wholeFrames).toBe(frames.length);
      }),
      { numRuns: runs(60) },
    );
  });

  test("bytes pushed before the previous chunk is read follow it", () => {
    const decoder = decoderFor("client");
    decoder.push(bytes("82 01 0a 82"));
    decoder.push(bytes("02 0b"));
    expect(decoder.unread).toBe(6);
    expect(decode(decoder, [bytes("0c")]).frames.map(({ payload }) => payload)).toEqual([
      "0a",
      "0b0c",
    ]);
  });

  test("an empty chunk changes nothing", () => {
    const chunks = ["", "82", "", "02 0a", "", "0b", ""].map(bytes);
    const decoded = decode(decoderFor("client"), chunks);
    expect(decoded.frames.map(({ payload }) => payload)).toEqual(["0a0b"]);
  });
});

test.each([
  ["within a payload", 300],
  ["within a header", 1],
  ["before a frame", 200],
])("transferring a chunk before its end is a fault: %s", (_, left) => {
  for (const next of ["", "retain", "push"]) {
    const decoder = new FrameDecoder({ role: "client", maxMessageSize: 1000, maxFragments: 10 });
    const frame = frameFor("client", { opcode: 2, payload: pattern(400) });
    decoder.push(concat([frame, frame.subarray(0, left)]));
    expect(decoder.next()).toBe(DecodeStep.FrameEnd);
    transfer(decoder.buffer);
    if (next === "retain") decoder.retain();
    if (next === "push") decoder.push(frame.slice());
    expect([decoder.next(), decoder.error]).toEqual([DecodeStep.Failed, "WS_ERR_DETACHED_BYTES"]);
  }
});

test("transferring a chunk with a partial payload is a fault", () => {
  const decoder = new FrameDecoder({ role: "client", maxMessageSize: 1000, maxFragments: 10 });
  decoder.push(frameFor("client", { opcode: 2, payload: pattern(400) }).slice(0, 300));
  expect(decoder.next()).toBe(DecodeStep.Payload);
  transfer(decoder.buffer);
  expect([decoder.next(), decoder.error]).toEqual([DecodeStep.Failed, "WS_ERR_DETACHED_BYTES"]);
});

describe("without options", () => {
  test("reads what a client sends to a server", () => {
    const decoder = new FrameDecoder();
    decoder.push(bytes("81 85 37 fa 21 3d 7f 9f 4d 51 58"));
    expect(decoder.next()).toBe(DecodeStep.FrameEnd);
    decoder.unmask();
    expect(hex(decoder.buffer.subarray(decoder.start, decoder.end))).toBe(hex(ascii("Hello")));
    decoder.push(bytes("81 05"));
    expect([decoder.next(), decoder.error]).toEqual([DecodeStep.Failed, "WS_ERR_EXPECTED_MASK"]);
  });

  test("bounds messages to 16 MiB and 1,048,576 fragments", () => {
    for (const [length, error] of [
      ["01 00 00 00", undefined],
      ["01 00 00 01", "WS_ERR_UNSUPPORTED_MESSAGE_LENGTH"],
    ] as const) {
      const decoder = new FrameDecoder({ role: "client" });
      decoder.push(bytes(`82 7f 00 00 00 00 ${length}`));
      decoder.next();
      expect(decoder.error).toBe(error);
    }
    const decoder = new FrameDecoder({ role: "client" });
    decoder.push(bytes("02 00"));
    decoder.next();
    for (let i = 1; i < 1_048_576; i += 2_048) {
      decoder.push(new Uint8Array(2 * Math.min(2_048, 1_048_576 - i)));
      while (decoder.next() === DecodeStep.FrameEnd);
    }
    expect(decoder.error).toBe(undefined);
    decoder.push(bytes("00 00"));
    expect([decoder.next(), decoder.error]).toEqual([
      DecodeStep.Failed,
      "WS_ERR_TOO_MANY_BUFFERED_PARTS",
    ]);
  });
});

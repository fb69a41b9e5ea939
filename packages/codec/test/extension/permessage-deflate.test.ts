import { describe, expect, test } from "vitest";
import { deflatorMemory, inflatorMemory } from "../../src/extension/compressor-pool.ts";
import type { DeflateAgreement } from "../../src/extension/deflate-negotiation.ts";
import { Inflation, PerMessageDeflate } from "../../src/extension/permessage-deflate.ts";
import { ascii, bytes, hex } from "../bytes.ts";
import {
  CountedCompressors,
  deflateFor,
  limitLeaving,
  noise,
  noTakeover,
  settingsFor,
  takeover,
  windowsMemory,
} from "./compressors.ts";

const hello = ascii("Hello");
const compressedHello = bytes("f2 48 cd c9 c9 07 00");

function compressHex(deflate: PerMessageDeflate, data: Uint8Array): string | undefined {
  const compressed = deflate.compress(data, 0, data.length);
  return compressed === undefined ? undefined : hex(compressed);
}

/** All that comes out of one piece. */
function inflateHex(deflate: PerMessageDeflate, data: Uint8Array, isLast = true): string {
  deflate.push(data, 0, data.length, isLast);
  let out = "";
  do {
    const length = deflate.next();
    if (length < 0) return `fault ${length}`;
    out += hex(deflate.output.subarray(0, length));
  } while (!deflate.done);
  return out;
}

describe("compress", () => {
  test("leaves messages below the threshold alone", () => {
    const zeros = new Uint8Array(2000);
    for (const [threshold, agreement, expected] of [
      [undefined, noTakeover, 1024],
      [undefined, takeover, 128],
      [undefined, { ...noTakeover, receiveContextTakeover: true }, 1024],
      [500, noTakeover, 500],
      [500, takeover, 500],
      [0, takeover, 0],
    ] as const) {
      const deflate = deflateFor(settingsFor({ threshold }), agreement);
      expect(deflate.threshold).toBe(expected);
      expect(deflate.compress(zeros, 0, expected)).toBeDefined();
      if (expected > 0) expect(deflate.compress(zeros, 1, expected)).toBeUndefined();
      deflate.close();
    }
  });

  test("without a window: each message for itself, and only when it becomes shorter", () => {
    const deflate = deflateFor();
    const text = ascii("Hello, Hello, Hello");
    const first = compressHex(deflate, text);
    expect(first).toBeDefined();
    expect(compressHex(deflate, text)).toBe(first);
    expect(compressHex(deflate, hello)).toBeUndefined();
    expect(compressHex(deflate, noise(1000))).toBeUndefined();
    expect(compressHex(deflate, bytes(""))).toBeUndefined();
    expect(compressHex(deflate, text)).toBe(first);
  });

  test("with a window: also what becomes longer, because the window has moved", () => {
    const deflate = deflateFor(settingsFor(), takeover);
    expect(compressHex(deflate, hello)).toBe("f248cdc9c90700");
    expect(compressHex(deflate, hello)).toBe("f200110000");
    expect(deflate.compress(noise(1000), 0, 1000)?.length).toBeGreaterThan(1000);
    expect(compressHex(deflate, bytes(""))).toBe("00");
    deflate.close();
  });

  test("reads from start to end", () => {
    const deflate = deflateFor(settingsFor(), takeover);
    const compressed = deflate.compress(ascii("<Hello>"), 1, 6);
    expect(compressed && hex(compressed)).toBe("f248cdc9c90700");
    deflate.close();
  });

  test("with a window of 256 bytes, which zlib cannot make, nothing is compressed", () => {
    for (const sendContextTakeover of [false, true]) {
      const counted = new CountedCompressors();
      const settings = settingsFor({ compressors: counted });
      const deflate = deflateFor(settings, { sendContextTakeover, sendWindowBits: 8 });
      expect(deflate.keepsWindow).toBe(false);
      expect(deflate.compress(new Uint8Array(5000), 0, 5000)).toBeUndefined();
      expect(deflate.sharedDeflator).toBeUndefined();
      expect(counted.deflators).toHaveLength(0);
    }
  });

  test("without memory for a deflator nothing is compressed, until there is some", () => {
    const settings = settingsFor({ maxMemory: deflatorMemory(15, 8) });
    settings.pool.reserve(1, 1);
    const deflate = deflateFor(settings);
    expect(deflate.compress(new Uint8Array(5000), 0, 5000)).toBeUndefined();
    expect(settings.pool.memory).toBe(1);
    settings.pool.release(1);
    expect(deflate.compress(new Uint8Array(5000), 0, 5000)).toBeDefined();
    expect(settings.pool.memory).toBe(deflatorMemory(15, 8));
  });

  test("with a window the memory of its deflator is reserved, whatever others use before it is opened", () => {
    const counted = new CountedCompressors();
    for (const receiveContextTakeover of [false, true]) {
      const agreement = { sendContextTakeover: true, receiveContextTakeover, sendWindowBits: 12 };
      const choice = { windowBits: 12, memLevel: 5, compressors: counted };
      const settings = settingsFor({ ...choice, maxMemory: windowsMemory(12, 5) });
      const { pool } = settings;
      const deflate = deflateFor(settings, agreement);
      const own = deflatorMemory(12, 5) + (receiveContextTakeover ? inflatorMemory(15) : 0);
      expect(pool.memory).toBe(own);
      pool.reserve(settings.maxMemory - own, settings.maxMemory);
      for (const data of [new Uint8Array(5000), hello, noise(300)]) {
        expect(deflate.compress(data, 0, data.length)).toBeDefined();
      }
      expect(pool.memory).toBe(settings.maxMemory);
      deflate.close();
      expect(pool.memory).toBe(settings.maxMemory - own);
    }
    expect(counted.deflators).toHaveLength(2);
    expect(counted.open.size).toBe(0);
  });
});

describe("sharedDeflator", () => {
  test("is the same for all connections that compress alike and keep no window", () => {
    const settings = settingsFor();
    const [first, second, third] = [15, 15, 12].map((sendWindowBits) =>
      deflateFor(settings, { sendWindowBits }),
    );
    expect(first.sharedDeflator).toBeDefined();
    expect(second.sharedDeflator).toBe(first.sharedDeflator);
    expect(third.sharedDeflator).not.toBe(first.sharedDeflator);
    expect(deflateFor(settings, takeover).sharedDeflator).toBeUndefined();
  });

  test("stays when a connection is closed", () => {
    const counted = new CountedCompressors();
    const settings = settingsFor({ compressors: counted });
    const deflate = deflateFor(settings);
    const shared = deflate.sharedDeflator;
    deflate.close();
    expect(shared && counted.open.has(shared)).toBe(true);
    expect(deflateFor(settings).sharedDeflator).toBe(shared);
  });
});

describe("push and next", () => {
  test("a message in one piece takes the spare inflator, in several one that is lent", () => {
    const settings = settingsFor({ maxMemory: inflatorMemory(15) });
    const deflate = deflateFor(settings);
    expect(deflate.done).toBe(true);
    expect(inflateHex(deflate, compressedHello)).toBe("48656c6c6f");
    expect(settings.pool.memory).toBe(inflatorMemory(15));
    // The spare one has taken up all that there is.
    expect(inflateHex(deflate, compressedHello.slice(0, 3), false)).toBe("");
    expect(inflateHex(deflate, compressedHello.slice(3))).toBe("48656c6c6f");
    const others = deflateFor(settingsFor());
    const pieces = [compressedHello.slice(0, 3), compressedHello.slice(3)];
    expect(inflateHex(others, pieces[0], false)).not.toBe("");
    expect(inflateHex(others, pieces[1])).not.toBe("");
  });

  test("what waits for its end is inflated there, whatever is used meanwhile", () => {
    const settings = settingsFor({ maxMemory: 0 });
    const [first, second] = [deflateFor(settings), deflateFor(settings)];
    for (let at = 0; at < compressedHello.length; at++) {
      expect(inflateHex(first, compressedHello.slice(at, at + 1), false)).toBe("");
      expect(inflateHex(second, compressedHello)).toBe("48656c6c6f");
    }
    expect(inflateHex(first, bytes(""), false)).toBe("");
    expect(inflateHex(first, bytes(""))).toBe("48656c6c6f");
    expect(inflateHex(first, bytes("f2 00 11 00 00"))).toBe(`fault ${Inflation.Invalid}`);
  });

  test("with a window of the peer's the inflator stays", () => {
    const counted = new CountedCompressors();
    const settings = settingsFor({ compressors: counted, maxMemory: windowsMemory() });
    const deflate = deflateFor(settings, { receiveContextTakeover: true, receiveWindowBits: 9 });
    expect(settings.pool.memory).toBe(inflatorMemory(9));
    expect(counted.inflators).toHaveLength(0);
    expect(inflateHex(deflate, compressedHello)).toBe("48656c6c6f");
    expect(inflateHex(deflate, bytes("f2 00 11 00 00"))).toBe("48656c6c6f");
    expect(counted.inflators).toHaveLength(1);
    deflate.close();
    expect([counted.open.size, settings.pool.memory]).toEqual([0, 0]);
  });

  test("says when a message is too long, at the first piece that makes it so", () => {
    const settings = settingsFor({ maxMessageSize: 9 });
    const deflate = deflateFor(settings);
    expect(inflateHex(deflate, compressedHello)).toBe("48656c6c6f");
    // The message so far is what counts, not a piece of it alone.
    expect(inflateHex(deflate, compressedHello, false)).toBe("48656c6c6f");
    const longer = bytes("00 00 00 ff ff f2 48 cd c9 c9 07 00");
    expect(inflateHex(deflate, longer.slice(1))).toBe(`fault ${Inflation.TooLong}`);
    deflate.close();
    expect(inflateHex(deflateFor(settings), compressedHello)).toBe("48656c6c6f");
  });
});

describe("close", () => {
  const stages: [string, (deflate: PerMessageDeflate) => void][] = [
    ["before anything", () => {}],
    [
      "after a message in each direction",
      (deflate) => {
        compressHex(deflate, new Uint8Array(2000));
        inflateHex(deflate, compressedHello);
      },
    ],
    ["within a message", (deflate) => void inflateHex(deflate, compressedHello.slice(0, 4), false)],
    ["between push and next", (deflate) => deflate.push(compressedHello, 0, 4, false)],
    ["after a fault", (deflate) => void inflateHex(deflate, bytes("06"))],
    ["after it is closed", (deflate) => deflate.close()],
  ];
  for (const left of [0, Number.MAX_SAFE_INTEGER]) {
    for (const agreement of [noTakeover, takeover]) {
      const isKept = agreement.sendContextTakeover;
      const maxMemory = limitLeaving(left, agreement);
      test.each(stages)(`frees all that is its own, %s (${left}, ${isKept})`, (_, reach) => {
        const counted = new CountedCompressors();
        const settings = settingsFor({ compressors: counted, maxMemory });
        const before = isKept ? 0 : 1;
        const deflate = deflateFor(settings, agreement);
        reach(deflate);
        deflate.close();
        // Only what all share is left: never more than one deflator, a lent and the spare inflator.
        expect(counted.open.size).toBeLessThanOrEqual(before * 3);
        const shared = counted.deflators.filter((deflator) => counted.open.has(deflator)).length;
        const free = counted.inflators.filter((inflator) => counted.open.has(inflator)).length;
        expect(settings.pool.memory).toBe(
          shared * deflatorMemory(15, 8) + free * inflatorMemory(15),
        );
        expect(inflateHex(deflateFor(settings), compressedHello)).toBe("48656c6c6f");
      });
    }
  }

  test("gives back what was reserved beyond the need at once, and the rest then", () => {
    const [receives, sends] = [
      { receiveContextTakeover: true, receiveWindowBits: 10 },
      { sendContextTakeover: true, sendWindowBits: 11 },
    ];
    const cases: [agreement: Partial<DeflateAgreement>, memory: number][] = [
      [{}, 0],
      [receives, inflatorMemory(10)],
      [sends, deflatorMemory(11, 5)],
      [{ ...receives, ...sends }, inflatorMemory(10) + deflatorMemory(11, 5)],
    ];
    for (const [agreement, memory] of cases) {
      const settings = settingsFor({ memLevel: 5 });
      const reserved = windowsMemory(15, 5);
      settings.pool.reserve(reserved, reserved);
      const deflate = new PerMessageDeflate(settings, { ...noTakeover, ...agreement }, reserved);
      expect(settings.pool.memory).toBe(memory);
      deflate.close();
      expect(settings.pool.memory).toBe(0);
    }
  });
});

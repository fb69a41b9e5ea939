import { describe, expect, test } from "vitest";
import type { Allocator } from "../../src/bytes/message-buffer.ts";
import { deflatorMemory, inflatorMemory } from "../../src/deflate/compressor-pool.ts";
import type { DeflateParameters } from "../../src/deflate/deflate-negotiation.ts";
import { InflateResult } from "../../src/deflate/inflate-result.ts";
import { PerMessageDeflate } from "../../src/deflate/permessage-deflate.ts";
import { ReceiveMemory } from "../../src/message/receive-memory.ts";
import { ascii, bytes, concat, hex } from "../bytes.ts";
import {
  CountedCompressors,
  deflateFor,
  deflateMessage,
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

const memory: Allocator = { allocate: (length) => new Uint8Array(length) };

/** Adds a part of a message that is not its last. */
function gather(deflate: PerMessageDeflate, data: Uint8Array, from: Allocator = memory): boolean {
  return deflate.gather(data, 0, data.length, from);
}

/** Adds the last part of a message and returns the whole message. */
function inflateHex(deflate: PerMessageDeflate, data: Uint8Array, from = memory): string {
  if (!deflate.push(data, 0, data.length, from)) return "no memory";
  let out = "";
  do {
    const length = deflate.next();
    if (length < 0) return `fault ${length}`;
    out += hex(deflate.output.subarray(0, length));
  } while (!deflate.done);
  return out;
}

describe("compress", () => {
  test("does not compress messages below the threshold", () => {
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

  test("without a window, compresses each message alone and only if it becomes shorter", () => {
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

  test("with a window, also compresses a message that becomes longer: the window has moved", () => {
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

  test("compresses nothing with a window of 256 bytes, which zlib does not support", () => {
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

  test("compresses nothing while there is no memory for a deflator", () => {
    const settings = settingsFor({ maxMemory: deflatorMemory(15, 8) });
    settings.pool.reserve(1, 1);
    const deflate = deflateFor(settings);
    expect(deflate.compress(new Uint8Array(5000), 0, 5000)).toBeUndefined();
    expect(settings.pool.memory).toBe(1);
    settings.pool.release(1);
    expect(deflate.compress(new Uint8Array(5000), 0, 5000)).toBeDefined();
    expect(settings.pool.memory).toBe(deflatorMemory(15, 8));
  });

  test("with a window, the memory of its deflator is reserved before it is opened", () => {
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

describe("startLong and compressPart", () => {
  const text = ascii("so many words, ".repeat(40_000));

  function compressLong(deflate: PerMessageDeflate, data: Uint8Array, size: number): Uint8Array {
    const parts: Uint8Array[] = [];
    for (let at = 0; at < data.length; at += size) {
      const end = Math.min(at + size, data.length);
      parts.push(deflate.compressPart(data, at, end, end === data.length).slice());
    }
    return concat(parts);
  }

  test("parts of any size make one valid message", () => {
    for (const agreement of [noTakeover, takeover]) {
      for (const data of [text, noise(200_000)]) {
        for (const size of [1000, 262_144, data.length]) {
          const [near, far] = [deflateFor(settingsFor(), agreement), deflateFor()];
          expect(near.startLong()).toBe(true);
          expect(inflateHex(far, compressLong(near, data, size)) === hex(data)).toBe(true);
          near.close();
        }
      }
    }
  });

  test("with a window, the deflator continues from message to message", () => {
    const [near, far] = [1, 2].map(() => deflateFor(settingsFor(), takeover));
    for (let turn = 0; turn < 3; turn++) {
      near.startLong();
      const long = compressLong(near, text, 100_000);
      expect(inflateHex(far, long) === hex(text)).toBe(true);
      const short = near.compress(hello, 0, 5) as Uint8Array;
      expect(inflateHex(far, short.slice())).toBe("48656c6c6f");
    }
    near.close();
    far.close();
  });

  test("without a window, a long message has its own deflator, counted until its end", () => {
    const counted = new CountedCompressors();
    const memoryOfOne = deflatorMemory(15, 8);
    const settings = settingsFor({ compressors: counted, maxMemory: 2 * memoryOfOne });
    const [near, other, third] = [1, 2, 3].map(() => deflateFor(settings));
    expect(near.startLong()).toBe(true);
    near.compressPart(text, 0, 1000, false);
    // Short messages of another connection use the shared deflator.
    expect(other.compress(text, 0, 2000)?.length).toBeLessThan(2000);
    expect(settings.pool.memory).toBe(2 * memoryOfOne);
    expect(third.startLong()).toBe(false);
    near.compressPart(text, 1000, 2000, true);
    expect(settings.pool.memory).toBe(memoryOfOne);
    expect(counted.open.size).toBe(1);
    expect(third.startLong()).toBe(true);
    third.close();
    expect([settings.pool.memory, counted.open.size]).toEqual([memoryOfOne, 1]);
  });
});

describe("sharedDeflator", () => {
  test("is the same for all connections with equal parameters and no window", () => {
    const settings = settingsFor();
    const [first, second, third] = [15, 15, 12].map((sendWindowBits) =>
      deflateFor(settings, { sendWindowBits }),
    );
    expect(first.sharedDeflator).toBeDefined();
    expect(second.sharedDeflator).toBe(first.sharedDeflator);
    expect(third.sharedDeflator).not.toBe(first.sharedDeflator);
    expect(deflateFor(settings, takeover).sharedDeflator).toBeUndefined();
  });

  test("stays open when a connection is closed", () => {
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
  test("an inflator is borrowed for one message and reused for the next", () => {
    const settings = settingsFor({ maxMemory: inflatorMemory(15) });
    const deflate = deflateFor(settings);
    expect(deflate.done).toBe(true);
    expect(inflateHex(deflate, compressedHello)).toBe("48656c6c6f");
    expect(settings.pool.memory).toBe(inflatorMemory(15));
    gather(deflate, compressedHello.slice(0, 3));
    expect(inflateHex(deflate, compressedHello.slice(3))).toBe("48656c6c6f");
    expect(settings.pool.memory).toBe(inflatorMemory(15));
  });

  test("a message is inflated at its end, whatever other connections inflate before", () => {
    const counted = new CountedCompressors();
    const settings = settingsFor({ compressors: counted });
    const [first, second] = [deflateFor(settings), deflateFor(settings)];
    for (let at = 0; at < compressedHello.length; at++) {
      gather(first, compressedHello.slice(at, at + 1));
      expect(inflateHex(second, compressedHello)).toBe("48656c6c6f");
    }
    gather(first, bytes(""));
    expect(counted.inflators).toHaveLength(1);
    expect(inflateHex(first, bytes(""))).toBe("48656c6c6f");
    expect(inflateHex(first, bytes("f2 00 11 00 00"))).toBe(`fault ${InflateResult.Invalid}`);
  });

  test("without pool memory, an inflator is counted as receive memory", () => {
    const counted = new CountedCompressors();
    const settings = settingsFor({ compressors: counted, maxMemory: 0 });
    const received = new ReceiveMemory(inflatorMemory(15) + 1);
    const from: Allocator = {
      ...memory,
      reserve: (length) => received.reserve(length),
      release: (length) => received.release(length),
    };
    const [first, second, third] = [1, 2, 3].map(() => deflateFor(settings));
    expect(first.push(compressedHello, 0, 7, from)).toBe(true);
    expect(received.used).toBe(inflatorMemory(15));
    expect(inflateHex(second, compressedHello, from)).toBe("no memory");
    expect(first.next()).toBe(5);
    expect(received.used).toBe(0);
    expect(inflateHex(second, compressedHello, from)).toBe("48656c6c6f");
    expect(third.push(bytes("06"), 0, 1, from)).toBe(true);
    expect(third.next()).toBe(InflateResult.Invalid);
    third.close();
    expect([received.used, counted.open.size, settings.pool.memory]).toEqual([0, 0, 0]);
  });

  test("gather and push return false if there is no memory for the payload", () => {
    const received = new ReceiveMemory(1000);
    const from: Allocator = {
      ...memory,
      reserve: (length) => received.reserve(length),
      release: (length) => received.release(length),
    };
    const deflate = deflateFor();
    expect(gather(deflate, new Uint8Array(300), from)).toBe(true);
    expect(gather(deflate, new Uint8Array(400), from)).toBe(false);
    expect(deflate.push(new Uint8Array(400), 0, 400, from)).toBe(false);
    expect(received.used).toBeGreaterThan(0);
    deflate.close();
    expect(received.used).toBe(0);
  });

  test("retain copies bytes that were not inflated yet, also gathered ones", () => {
    const settings = settingsFor();
    const data = noise(100_000);
    const compressed = deflateMessage(data);
    for (const gathered of [0, 50_000]) {
      const deflate = deflateFor(settings);
      deflate.retain();
      const chunk = compressed.slice();
      if (gathered > 0) deflate.gather(chunk, 0, gathered, memory);
      deflate.push(chunk, gathered, chunk.length, memory);
      const next = () => {
        const length = deflate.next();
        return hex(deflate.output.subarray(0, length));
      };
      let inflated = next();
      expect(deflate.done).toBe(false);
      deflate.retain();
      chunk.fill(0xee);
      while (!deflate.done) inflated += next();
      expect(inflated === hex(data)).toBe(true);
    }
  });

  test("the inflator is kept if the peer's window is", () => {
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

  test("reports a message as too long at the first piece that exceeds the limit", () => {
    const settings = settingsFor({ maxMessageSize: 9 });
    const deflate = deflateFor(settings);
    expect(inflateHex(deflate, compressedHello)).toBe("48656c6c6f");
    // The length of the whole message counts, not that of the last part.
    gather(deflate, compressedHello);
    const longer = bytes("00 00 00 ff ff f2 48 cd c9 c9 07 00");
    expect(inflateHex(deflate, longer.slice(1))).toBe(`fault ${InflateResult.TooLong}`);
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
    ["within a message", (deflate) => void gather(deflate, compressedHello.slice(0, 4))],
    ["between push and next", (deflate) => void deflate.push(compressedHello, 0, 7, memory)],
    [
      "within a long message that is sent",
      (deflate) => {
        if (deflate.startLong()) deflate.compressPart(noise(100_000), 0, 50_000, false);
      },
    ],
    ["after a fault", (deflate) => void inflateHex(deflate, bytes("06"))],
    ["after it is closed", (deflate) => deflate.close()],
  ];
  for (const left of [0, Number.MAX_SAFE_INTEGER]) {
    for (const agreement of [noTakeover, takeover]) {
      const isKept = agreement.sendContextTakeover;
      const maxMemory = limitLeaving(left, agreement);
      test.each(stages)(`frees all its memory %s (${left}, ${isKept})`, (_, reach) => {
        const counted = new CountedCompressors();
        const settings = settingsFor({ compressors: counted, maxMemory });
        const before = isKept ? 0 : 1;
        const deflate = deflateFor(settings, agreement);
        reach(deflate);
        deflate.close();
        // Only shared compressors are left: at most one deflator and one inflator.
        expect(counted.open.size).toBeLessThanOrEqual(before * 2);
        const shared = counted.deflators.filter((deflator) => counted.open.has(deflator)).length;
        const free = counted.inflators.filter((inflator) => counted.open.has(inflator)).length;
        expect(settings.pool.memory).toBe(
          shared * deflatorMemory(15, 8) + free * inflatorMemory(15),
        );
        expect(inflateHex(deflateFor(settings), compressedHello)).toBe("48656c6c6f");
      });
    }
  }

  test("memory that is not needed is released at once, the rest at close", () => {
    const [receives, sends] = [
      { receiveContextTakeover: true, receiveWindowBits: 10 },
      { sendContextTakeover: true, sendWindowBits: 11 },
    ];
    const cases: [agreement: Partial<DeflateParameters>, memory: number][] = [
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

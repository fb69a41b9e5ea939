import * as zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { ZlibDeflator } from "../../src/zlib/zlib-deflator.ts";
import { ZlibInflator } from "../../src/zlib/zlib-inflator.ts";
import { chunkSize, ZlibStream } from "../../src/zlib/zlib-stream.ts";

const compressed = new Uint8Array([
  0xf2, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x00, 0x00, 0xff, 0xff,
]);
const inflating = () => new ZlibStream(zlib, zlib.createInflateRaw({ chunkSize }));
const deflating = () => new ZlibStream(zlib, zlib.createDeflateRaw({ chunkSize }));
const ascii = (bytes: Uint8Array) => String.fromCharCode(...bytes);

describe("ZlibStream", () => {
  test("does all of its work within write, and reports the remaining input and output", () => {
    const stream = inflating();
    const output = new Uint8Array(20);
    stream.write(compressed, 0, compressed.length, output, 0);
    expect([stream.inputLeft, stream.outputLeft, stream.failed]).toEqual([0, 15, false]);
    expect(ascii(output.subarray(0, 5))).toBe("Hello");
    stream.close();
  });

  test("continues where it stopped, in any part of input and output", () => {
    const stream = inflating();
    const output = new Uint8Array(10).fill(0x2e);
    const padded = new Uint8Array([0xff, ...compressed, 0xff]);
    stream.write(padded, 1, padded.length - 1, output.subarray(0, 3), 0);
    expect(stream.outputLeft).toBe(0);
    const at = padded.length - 1 - stream.inputLeft;
    stream.write(padded, at, padded.length - 1, output, 4);
    expect(ascii(output)).toBe("Hel.lo....");
    expect([stream.inputLeft, stream.outputLeft]).toEqual([0, 4]);
    stream.close();
  });

  test("reports a failure, which reset clears together with the window", () => {
    const stream = inflating();
    const output = new Uint8Array(20);
    for (let turn = 0; turn < 5; turn++) {
      stream.write(new Uint8Array([0x06]), 0, 1, output, 0);
      expect(stream.failed).toBe(true);
      stream.reset();
      expect(stream.failed).toBe(false);
      stream.write(compressed, 0, compressed.length, output, 0);
      expect([stream.failed, ascii(output.subarray(0, 5))]).toEqual([false, "Hello"]);
      stream.reset();
      // RFC 7692 section 7.2.3.2: this message refers to the window that was cleared.
      stream.write(new Uint8Array([0xf2, 0x00, 0x11, 0x00, 0x00]), 0, 5, output, 0);
      expect(stream.failed).toBe(true);
      stream.reset();
    }
    stream.close();
  });

  test.each([
    ["inflating", inflating],
    ["deflating", deflating],
  ])("throws when it is used after close, without a crash: %s", async (_, make) => {
    const stream = make();
    stream.close();
    stream.close();
    expect(() => stream.reset()).toThrow("the compressor is closed");
    expect(() => stream.write(compressed, 0, 1, new Uint8Array(9), 0)).toThrow(
      "the compressor is closed",
    );
    // A closed stream is freed in a later turn of the event loop.
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(() => stream.reset()).toThrow("the compressor is closed");
  });

  test("many streams that are opened, used and closed do not affect each other", async () => {
    const streams = Array.from({ length: 50 }, inflating);
    const output = new Uint8Array(5);
    for (const [index, stream] of streams.entries()) {
      stream.write(compressed, 0, 3, output, 0);
      if (index % 3 === 0) stream.close();
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
    for (const [index, stream] of streams.entries()) {
      if (index % 3 === 0) continue;
      const rest = new Uint8Array(10);
      stream.write(compressed, 3, compressed.length, rest, 0);
      expect(stream.failed).toBe(false);
      stream.close();
    }
  });
});

describe("ZlibDeflator and ZlibInflator", () => {
  test("compress and decompress, also after a reset", () => {
    const deflator = new ZlibDeflator(deflating());
    const inflator = new ZlibInflator(inflating());
    const data = new Uint8Array(300_000).map((_, index) => index % 251);
    for (let turn = 0; turn < 2; turn++) {
      const message = deflator.deflate(data, 0, data.length).slice();
      inflator.push(message, 0, message.length, true);
      let length = 0;
      do {
        const piece = inflator.next();
        expect(inflator.output.subarray(0, piece)).toEqual(data.subarray(length, length + piece));
        length += piece;
      } while (!inflator.done);
      expect(length).toBe(data.length);
      deflator.reset();
      inflator.reset();
    }
    deflator.close();
    inflator.close();
  });

  test("a deflator throws if its stream failed", () => {
    const stream = deflating();
    const deflator = new ZlibDeflator(stream);
    stream.failed = true;
    expect(() => deflator.deflate(compressed, 0, 5)).toThrow("the compressor failed");
    stream.close();
  });
});

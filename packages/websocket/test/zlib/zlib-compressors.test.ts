import * as zlib from "node:zlib";
import { describe, expect, test } from "vitest";
import { compressorPool, zlibCompressors } from "../../src/zlib/zlib-compressors.ts";
import type { ZlibModule } from "../../src/zlib/zlib-stream.ts";

const hello = new TextEncoder().encode("Hello");

/** node:zlib with some members replaced. */
const changed = (change: object) => ({ ...zlib, ...change }) as unknown as ZlibModule;

/** A stream without a working handle. */
class OtherStream {
  readonly _writeState = new Uint32Array(2);
  readonly _handle: unknown;

  constructor(handle: unknown) {
    this._handle = handle;
  }

  close(): void {}
}

describe("zlibCompressors", () => {
  test("compresses and decompresses with node:zlib", () => {
    const compressors = zlibCompressors(zlib);
    const deflator = compressors?.openDeflator(15, 6, 8);
    const inflator = compressors?.openInflator(15);
    if (deflator === undefined || inflator === undefined) throw new Error("there are none");
    const compressed = deflator.deflate(hello, 0, 5);
    inflator.push(compressed, 0, compressed.length, true);
    expect(inflator.next()).toBe(5);
    expect(inflator.output.slice(0, 5)).toEqual(hello);
    deflator.close();
    inflator.close();
  });

  const broken: [string, object][] = [
    ["no constants", { constants: undefined }],
    ["no createDeflateRaw", { createDeflateRaw: undefined }],
    ["no createInflateRaw", { createInflateRaw: undefined }],
    ["inflating streams that are not streams", { createInflateRaw: () => undefined }],
    ["deflating streams that are not streams", { createDeflateRaw: () => ({}) }],
    ["streams without a handle", { createInflateRaw: () => new OtherStream(undefined) }],
    ["handles without writeSync", { createInflateRaw: () => new OtherStream({}) }],
    [
      "handles that throw",
      {
        createInflateRaw: () =>
          new OtherStream({
            writeSync() {
              throw new Error("not here");
            },
          }),
      },
    ],
    [
      "handles that produce no output",
      { createInflateRaw: () => new OtherStream({ writeSync() {}, reset() {} }) },
    ],
    [
      "handles that fail",
      {
        createInflateRaw() {
          const handle = { onerror() {}, writeSync: () => handle.onerror() };
          return new OtherStream(handle);
        },
      },
    ],
  ];
  test.each(broken)("is undefined with %s", (_, change) => {
    expect(zlibCompressors(changed(change))).toBeUndefined();
    expect(compressorPool(() => changed(change))()).toBeUndefined();
  });
});

describe("compressorPool", () => {
  test("is created once, on the first call", () => {
    let loaded = 0;
    const pool = compressorPool(() => {
      loaded++;
      return zlib;
    });
    expect(loaded).toBe(0);
    const first = pool();
    expect(first?.memory).toBe(0);
    expect(pool()).toBe(first);
    expect(loaded).toBe(1);
  });

  test("loads node:zlib only once, even if it cannot be used", () => {
    let loaded = 0;
    const pool = compressorPool(() => {
      loaded++;
      return changed({ createInflateRaw: undefined });
    });
    expect([pool(), pool(), loaded]).toEqual([undefined, undefined, 1]);
  });
});

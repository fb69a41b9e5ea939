import * as zlib from "node:zlib";
import type { CompressionOptions, ServeOptions } from "@framewright/websocket";
import { connectWith, serveWith } from "@framewright/websocket/transport";
import { describe, expect, test } from "vitest";
import { compressionSettings } from "../../src/options/compression-options.ts";
import { compressorPool } from "../../src/zlib/zlib-compressors.ts";

const compressors = compressorPool(() => zlib);
const settings = (option: boolean | CompressionOptions | undefined) =>
  compressionSettings(option, compressors, 1000);

describe("the option compression", () => {
  test("undefined and false mean no compression, on any runtime", () => {
    for (const option of [undefined, false]) {
      expect(settings(option)).toBeUndefined();
      expect(compressionSettings(option, undefined, 1000)).toBeUndefined();
    }
  });

  test("true means the defaults", () => {
    const defaults = {
      pool: compressors(),
      maxMessageSize: 1000,
      contextTakeover: false,
      threshold: undefined,
      level: 3,
      memLevel: 8,
      windowBits: 15,
      maxMemory: 64 * 1024 * 1024,
      strict: false,
    };
    expect(settings(true)).toEqual(defaults);
    expect(settings({})).toEqual(defaults);
    expect(settings({ contextTakeover: false })).toEqual(defaults);
  });

  test("contextTakeover has smaller default windows", () => {
    const defaults = { ...settings(true), contextTakeover: true, memLevel: 5, windowBits: 12 };
    const option = { contextTakeover: true };
    expect(settings(option)).toEqual(defaults);
    expect(settings({ ...option, windowBits: 15 })).toEqual({ ...defaults, windowBits: 15 });
    expect(settings({ ...option, memLevel: 8 })).toEqual({ ...defaults, memLevel: 8 });
  });

  test("accepts both ends of each range", () => {
    const least = { threshold: 0, level: 1, memLevel: 1, windowBits: 9, maxMemory: 0 };
    expect(settings({ ...least, contextTakeover: true })).toMatchObject({
      ...least,
      contextTakeover: true,
    });
    const most = {
      threshold: 2 ** 32,
      level: 9,
      memLevel: 9,
      windowBits: 15,
      maxMemory: Number.MAX_SAFE_INTEGER,
    };
    expect(settings(most)).toMatchObject(most);
  });

  const kind = (name: string, got: string) => [
    "TypeError",
    `option compression.${name} must be a number, got ${got}`,
  ];
  const range = (name: string, least: number, most: number, got: string) => [
    "RangeError",
    `option compression.${name} must be an integer from ${least} to ${most}, got ${got}`,
  ];
  const boolean = (got: string) => `option compression must be a boolean or an object, got ${got}`;
  const cases: [unknown, string[]][] = [
    ["yes", ["TypeError", boolean("yes")]],
    [1, ["TypeError", boolean("1")]],
    [null, ["TypeError", boolean("null")]],
    [
      { contextTakeover: "no" },
      ["TypeError", 'option compression.contextTakeover must be a boolean, got "no"'],
    ],
    [
      { contextTakeover: null },
      ["TypeError", "option compression.contextTakeover must be a boolean, got null"],
    ],
    [{ threshold: "1" }, kind("threshold", '"1"')],
    [{ threshold: -1 }, range("threshold", 0, 2 ** 32, "-1")],
    [{ threshold: 1.5 }, range("threshold", 0, 2 ** 32, "1.5")],
    [{ level: true }, kind("level", "true")],
    [{ level: 0 }, range("level", 1, 9, "0")],
    [{ level: 10 }, range("level", 1, 9, "10")],
    [{ memLevel: "8" }, kind("memLevel", '"8"')],
    [{ memLevel: 0 }, range("memLevel", 1, 9, "0")],
    [{ memLevel: 10 }, range("memLevel", 1, 9, "10")],
    [{ windowBits: {} }, kind("windowBits", "[object Object]")],
    [{ windowBits: 8 }, range("windowBits", 9, 15, "8")],
    [{ windowBits: 16 }, range("windowBits", 9, 15, "16")],
    [{ windowBits: Number.NaN }, range("windowBits", 9, 15, "NaN")],
    [{ maxMemory: 1n }, kind("maxMemory", "1")],
    [{ maxMemory: -1 }, range("maxMemory", 0, Number.MAX_SAFE_INTEGER, "-1")],
    [
      { maxMemory: Number.POSITIVE_INFINITY },
      range("maxMemory", 0, Number.MAX_SAFE_INTEGER, "Infinity"),
    ],
  ];
  test.each(cases)(
    "an invalid option is named with its value, by server and client: case %#",
    async (compression, [name, message]) => {
      const options = { compression } as ServeOptions;
      const never = () => Promise.reject(new Error("must not be called"));
      const expected = {
        name,
        message: `${message} (WS_ERR_INVALID_OPTION)`,
        code: "WS_ERR_INVALID_OPTION",
      };
      await expect(serveWith(options, never, { compressors })).rejects.toMatchObject(expected);
      await expect(
        connectWith("ws://example.com/", options as object, never, { compressors }),
      ).rejects.toMatchObject(expected);
    },
  );

  test("is refused if there are no compressors", async () => {
    const expected = {
      name: "TypeError",
      message:
        "option compression needs a node:zlib that this runtime does not have (WS_ERR_INVALID_OPTION)",
      code: "WS_ERR_INVALID_OPTION",
    };
    const never = () => Promise.reject(new Error("must not be called"));
    for (const support of [{}, { compressors: () => undefined }]) {
      const serving = serveWith({ compression: true }, never, support);
      await expect(serving).rejects.toMatchObject(expected);
      const connecting = connectWith("ws://example.com/", { compression: {} }, never, support);
      await expect(connecting).rejects.toMatchObject(expected);
    }
  });
});

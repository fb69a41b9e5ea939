import * as zlib from "node:zlib";
import { formatExtensionList } from "@framewright/codec/handshake";
import { expect, test } from "vitest";
import { compressorsOf, createCompression } from "../../src/options/compression.ts";
import { compressorPool } from "../../src/zlib/zlib-compressors.ts";

const support = { zlib: () => zlib };

test("all connections of a runtime share one pool", () => {
  const pool = compressorsOf(support);
  expect(pool).toBeDefined();
  expect(compressorsOf({ zlib: support.zlib })).toBe(pool);
  expect(createCompression(true, support, 1)?.settings.pool).toBe(pool);
});

test("other compressors take the place of zlib's", () => {
  const compressors = compressorPool(() => zlib);
  expect(compressorsOf({ ...support, compressors })).toBe(compressors());
  expect(compressorsOf({ ...support, compressors: () => undefined })).toBeUndefined();
  expect(compressorsOf({})).toBeUndefined();
});

test("a client and a server agree", () => {
  const compression = createCompression({}, support, 1_000);
  const offer = compression?.offer();
  const accepted = compression?.accept(offer === undefined ? [] : [offer.extension]);
  expect(formatExtensionList(accepted === undefined ? [] : [accepted.response])).toMatch(
    /^permessage-deflate; /,
  );
  expect(compression?.accept([])).toBeUndefined();
});

test("the limit per turn is the default, or what was given", () => {
  expect(createCompression(true, support, 1)?.maxBytesPerTurn).toBe(1_048_576);
  expect(createCompression({ maxBytesPerTurn: 5 }, support, 1)?.maxBytesPerTurn).toBe(5);
});

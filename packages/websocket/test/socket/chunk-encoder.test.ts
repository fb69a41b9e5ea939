import fc from "fast-check";
import { expect, test } from "vitest";
import { runs } from "../../../../test-depth.ts";
import { ChunkEncoder } from "../../src/socket/chunk-encoder.ts";

function encode(chunks: readonly unknown[], isText?: boolean): Uint8Array {
  const encoder = new ChunkEncoder(isText);
  const payloads = chunks.flatMap((chunk) => [...encoder.encode(chunk)].map((part) => [...part]));
  expect(payloads.every(({ length }) => length > 0 && length <= 65_536)).toBe(true);
  return Uint8Array.from([...payloads.flat(), ...encoder.end()]);
}

/** Cuts a string or bytes at some places. */
function cut<T extends string | Uint8Array>(whole: T, places: readonly number[]): T[] {
  const ends = [...places.map((place) => place % (whole.length + 1)), whole.length];
  ends.sort((a, b) => a - b);
  return ends.map((end, index) => whole.slice(ends[index - 1] ?? 0, end) as T);
}

test("text is the same wherever strings and bytes are cut, also within surrogate pairs", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }),
      fc.array(fc.nat(), { maxLength: 9 }),
      (first, second, places) => {
        const bytes = new TextEncoder().encode(second);
        const chunks = [...cut(first, places), ...cut(bytes, places), ...cut(first, places)];
        expect(encode(chunks, true)).toEqual(new TextEncoder().encode(first + second + first));
      },
    ),
    { numRuns: runs(500) },
  );
});

test("a surrogate without a partner becomes U+FFFD", () => {
  const replaced = new TextEncoder().encode("\ufffd");
  expect(encode(["\ud83d"])).toEqual(replaced);
  expect(encode(["\ud83d", "", "a"])).toEqual(Uint8Array.from([...replaced, 0x61]));
  expect(encode(["\ud83d", new Uint8Array([0x61])])).toEqual(Uint8Array.from([...replaced, 0x61]));
  expect(encode(["\ude00"])).toEqual(replaced);
});

test("long chunks become several payloads", () => {
  const text = "a\u{1f600}".repeat(50_000);
  expect(encode([text])).toEqual(new TextEncoder().encode(text));
  const bytes = new Uint8Array(200_000).map((_, index) => index % 251);
  expect(encode([bytes, bytes.buffer, new DataView(bytes.buffer, 5, 2)])).toEqual(
    Uint8Array.from([...bytes, ...bytes, ...bytes.subarray(5, 7)]),
  );
});

test("invalid chunks are refused", () => {
  const invalid = { code: "WS_ERR_INVALID_ARGUMENT" };
  for (const [chunks, isText] of [
    [[new Uint8Array(1), "text"], undefined],
    [["text"], false],
    [[5], undefined],
    [[null], true],
    [[new Uint8Array([0xff])], true],
    [[new Uint8Array([0xc3])], true],
    [["a", new Uint8Array([0xc3]), "a"], undefined],
  ] as const) {
    expect(() => encode(chunks, isText)).toThrow(expect.objectContaining(invalid));
  }
  const encoder = new ChunkEncoder(false);
  const bytes = new Uint8Array(100_000);
  const payloads = encoder.encode(bytes);
  payloads.next();
  structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
  expect(() => payloads.next()).toThrow(expect.objectContaining(invalid));
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hexOf, parseBytes } from "../../../../../examples/inspector/page/parse-bytes.ts";
import {
  likelySender,
  maxItems,
  maxLength,
  type Piece,
  Recording,
} from "../../../../../examples/inspector/page/recording.ts";
import { samples } from "../../../../../examples/inspector/page/samples.ts";
import {
  decodeShare,
  encodeShare,
  maxSharedLength,
} from "../../../../../examples/inspector/page/share.ts";
import { runs } from "../../../../../test-depth.ts";

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(" ", ""), "hex"));
const piece = (hex: string, from: Piece["from"] = "server"): Piece => ({ from, bytes: bytes(hex) });

function recorded(pieces: readonly Piece[], mode: Recording["mode"] = "auto"): Recording {
  const recording = new Recording(mode, pieces);
  recording.end();
  return recording;
}

const texts = ({ items }: Recording) => items.map(({ frame }) => frame.completed?.text);
const codes = ({ items }: Recording) =>
  items.map(({ frame }) => frame.faults.map(({ code }) => code.slice(7)).join(" "));

describe("compressed messages", () => {
  const compressed = "c1 07 f2 48 cd c9 c9 07 00 c1 05 f2 00 11 00 00";
  test.each([
    ["auto", ["Hello", "Hello"], true],
    ["takeover", ["Hello", "Hello"], false],
    ["alone", ["Hello", undefined], false],
    ["negotiated", [undefined, undefined], false],
  ] as const)("are read as %s", (mode, expected, isAssumed) => {
    const recording = recorded([piece(compressed)], mode);
    // Without its window the second one is damaged, which leaves an empty text.
    expect(texts(recording).map((text) => text || undefined)).toEqual(expected);
    expect(recording.isDeflateAssumed).toBe(isAssumed);
  });
});

describe("a changed frame", () => {
  test("takes the place of its bytes, in whatever pieces they came", () => {
    const pieces = [
      piece("81 01"),
      piece("89 80 00 00 00 00", "client"),
      piece("61 81 01 62"),
      piece("81 01 63"),
    ];
    const recording = recorded(pieces);
    const item = recording.items.find(({ frame }) => frame.text === "a");
    if (item === undefined) throw new Error("no such frame");
    expect(hexOf(recording.bytesOf(item))).toBe("81 01 61");
    const changed = recorded(recording.replaced(item, bytes("81 02 78 79")));
    expect(texts(changed).filter((text) => text !== undefined)).toEqual(["xy", "b", "c"]);
    expect(changed.items.filter(({ from }) => from === "client").length).toBe(1);
    const removed = recorded(recording.replaced(item, new Uint8Array(0)));
    expect(texts(removed).filter((text) => text !== undefined)).toEqual(["b", "c"]);
  });
});

test("bytes and frames are bounded", () => {
  const long = new Recording("auto", [{ from: "server", bytes: new Uint8Array(maxLength) }]);
  expect([long.items.length, long.isCut]).toEqual([maxItems, true]);
  const more = new Recording("auto", [piece("81 00")]);
  more.append({ from: "server", bytes: new Uint8Array(maxLength) });
  expect([more.items.length, more.isCut]).toEqual([1, true]);
});

test.each([
  ["81 80 00 00 00 00", "client"],
  ["81 00", "server"],
  ["81", "server"],
  [Buffer.from("GET / HTTP/1.1").toString("hex"), "client"],
  [Buffer.from("HTTP/1.1 101").toString("hex"), "server"],
])("%s was sent by the %s", (hex, sender) => {
  expect(likelySender(bytes(hex))).toBe(sender);
});

describe("the examples", () => {
  const faults: Record<string, string[]> = {
    "Unmasked by a client": ["EXPECTED_MASK", ""],
    "Bad UTF-8": ["INVALID_UTF8"],
    "Many faults": [
      "UNEXPECTED_RSV_2_3 UNEXPECTED_RSV_2_3 INVALID_OPCODE",
      "EXPECTED_FIN",
      "INVALID_PAYLOAD_LENGTH",
      "",
      "INVALID_OPCODE",
      "INVALID_CLOSE_CODE",
      "FRAME_AFTER_CLOSE",
    ],
  };
  test.each(samples)("$name", ({ name, hex, from, mode }) => {
    const parsed = parseBytes(hex);
    if (typeof parsed === "string") throw new Error(parsed);
    const recording = recorded([{ from, bytes: parsed.bytes }], mode);
    expect(codes(recording)).toEqual(faults[name] ?? recording.items.map(() => ""));
    expect(recording.endFaults).toEqual([]);
    expect(recording.items.every(({ frame }) => frame.isComplete)).toBe(true);
  });
});

describe("a link", () => {
  test("carries all bytes of both directions", async () => {
    const pieces = fc.array(
      fc.record({
        from: fc.constantFrom("client" as const, "server" as const),
        bytes: fc.uint8Array(),
      }),
      { maxLength: 5 },
    );
    const mode = fc.constantFrom(
      "auto" as const,
      "takeover" as const,
      "alone" as const,
      "negotiated" as const,
    );
    await fc.assert(
      fc.asyncProperty(
        fc.record({ mode, selected: fc.nat({ max: 65_535 }), pieces }),
        async (shared) => {
          const fragment = await encodeShare(shared);
          expect(fragment).toMatch(/^v1\.[A-Za-z0-9_-]+$/);
          expect(decodeShare(fragment ?? "")).toEqual(shared);
        },
      ),
      { numRuns: runs(50) },
    );
  });

  test("of too many bytes is not made, nor read", async () => {
    const shared = (length: number) => ({
      mode: "auto" as const,
      selected: 0,
      pieces: [{ from: "client" as const, bytes: new Uint8Array(length) }],
    });
    expect(await encodeShare(shared(maxSharedLength))).toBeUndefined();
    expect(await encodeShare(shared(maxSharedLength - 8))).toBeDefined();
    const noise = crypto.getRandomValues(new Uint8Array(60_000));
    expect(
      await encodeShare({ ...shared(0), pieces: [{ from: "client", bytes: noise }] }),
    ).toBeUndefined();
  });

  test("that anybody wrote never throws", async () => {
    const bomb = await encodeShare({
      mode: "auto",
      selected: 0,
      pieces: [{ from: "client", bytes: new Uint8Array(65_000) }],
    });
    const compress = async (content: Uint8Array<ArrayBuffer>) => {
      const stream = new Blob([content]).stream().pipeThrough(new CompressionStream("deflate-raw"));
      return `v1.${Buffer.from(await new Response(stream).arrayBuffer()).toString("base64url")}`;
    };
    const wrong = [
      "",
      "v1.",
      "v2.AAAA",
      "v1.<img>",
      "v1.A",
      `v1.${"A".repeat(40_000)}`,
      bomb?.slice(0, -3) ?? "",
      await compress(new Uint8Array(2)),
      await compress(Uint8Array.of(9, 0, 0)),
      await compress(Uint8Array.of(0, 0, 0, 0)),
      await compress(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9)),
      await compress(new Uint8Array(1_000_000)),
    ];
    for (const fragment of wrong) expect(decodeShare(fragment)).toBeUndefined();
    fc.assert(
      fc.property(fc.base64String(), (digits) => {
        decodeShare(`v1.${digits.replace(/[+/=]/g, "A")}`);
      }),
      { numRuns: runs(300) },
    );
  });
});

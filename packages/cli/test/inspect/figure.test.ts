import { encodeFrameFields, inspectFrames } from "@framewright/codec/inspect";
import fc from "fast-check";
import { expect, test } from "vitest";
import { drawFrame } from "../../src/inspect/figure.ts";
import { coloursFor } from "../../src/terminal/colours.ts";

const plain = coloursFor({ isTTY: false });

function drawn(bytes: Uint8Array, maxRows = 4): string[] {
  const [frame] = inspectFrames(bytes);
  return drawFrame(frame, plain, maxRows);
}

test("the masked text message of RFC 6455 section 5.7", () => {
  const lines = drawn(Buffer.from("818537fa213d7f9f4d5158", "hex"));
  expect(lines).toEqual([
    " 0                   1                   2                   3",
    " 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1",
    "+-+-+-+-+-------+-+-------------+-------------------------------+",
    "|F|R|R|R|opcode |M| Payload len |          Masking-key          |",
    "|I|S|S|S|       |A|             |                               |",
    "|N|V|V|V|       |S|             |                               |",
    "| |1|2|3|       |K|             |                               |",
    "|1|0|0|0|1 text |1|      5      |      37              fa       |",
    "+-+-+-+-+-------+-+-------------+-------------------------------+",
    "|    Masking-key (continued)    |         Payload Data          |",
    "|      21              3d       |      7f              9f       |  48 65        He",
    "+-------------------------------+---------------+---------------+",
    "|      4d              51              58       |                  6c 6c 6f     llo",
    "+-----------------------------------------------+",
  ]);
});

test("an extended payload length of 64 bits spans rows", () => {
  const lines = drawn(
    encodeFrameFields({ opcode: 2, lengthBits: 64, payload: Uint8Array.of(0xfe) }),
  );
  expect(lines).toContain("|1|0|0|0|2 binar|0|     127     |               1               |");
  const names = lines.filter((line) => line.includes("Extended payload length"));
  expect(names.length).toBe(3);
  expect(lines.at(-2)).toMatch(/ fe {7}\| +fe +\.$/);
});

test("long payloads are cut, with the number of bytes that are left out", () => {
  const lines = drawn(encodeFrameFields({ opcode: 2, payload: new Uint8Array(100) }), 2);
  expect(lines.at(-1)).toBe(" ... 90 more bytes of payload");
});

test("faulty fields are red, and control characters of the payload are dots", () => {
  const colours = coloursFor({ isTTY: true }, {});
  const [frame] = inspectFrames(Buffer.from("c3041b9b0a41", "hex"));
  const text = drawFrame(frame, colours, 4).join("\n");
  expect(text).toContain("\u001b[31m3 resv ");
  expect(text).toMatch(/ {2}\.\....*\n.*\n.* {2}\.A/);
  expect(text).not.toContain("\u009b");
});

test("every frame, cut anywhere, is drawn in lines of the figure's width", () => {
  const fields = fc.record({
    ...{ opcode: fc.nat(15), fin: fc.boolean(), rsv1: fc.boolean() },
    maskingKey: fc.option(fc.nat(0xffff_ffff), { nil: undefined }),
    lengthBits: fc.constantFrom(16 as const, 64 as const, undefined),
    payload: fc.uint8Array({ maxLength: 30 }),
  });
  const property = fc.property(fields, fc.integer({ min: 1, max: 60 }), (values, length) => {
    for (const line of drawn(encodeFrameFields(values).subarray(0, length)).slice(2)) {
      expect(line.slice(0, 65)).toMatch(/^[+|].*$|^ \.\.\. \d+ more/);
    }
  });
  fc.assert(property);
});

import { describe, expect, test } from "vitest";
import { MessageInflation } from "../../src/inspect/message-inflation.ts";
import { ascii, bytes, concat, hex } from "../bytes.ts";
import { CountedCompressors, deflateMessage } from "../deflate/compressors.ts";

/** "Hello" compressed twice with one window (RFC 7692 section 7.2.3.2). */
const hello = bytes("f2 48 cd c9 c9 07 00");
const helloAgain = bytes("f2 00 11 00 00");

function inflation(contextTakeover: boolean | undefined, limit = 100) {
  const counted = new CountedCompressors();
  const open = (bits: number) => counted.openInflator(bits);
  const messages = new MessageInflation(open, { contextTakeover }, limit);
  const inflate = (payload: Uint8Array, isWhole = true) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    const result = messages.inflate(payload, isWhole, 7, (piece, pieceLength) => {
      pieces.push(piece.slice(0, pieceLength));
      length += pieceLength;
      return length <= limit;
    });
    return typeof result === "object"
      ? `${result.code.slice(7)} @${result.offset}`
      : (result ?? hex(concat(pieces)));
  };
  return { counted, messages, inflate };
}

const helloHex = hex(ascii("Hello"));

describe("with context takeover", () => {
  test("keeps the window between messages", () => {
    const { inflate, messages, counted } = inflation(undefined);
    expect([inflate(hello), inflate(helloAgain)]).toEqual([helloHex, helloHex]);
    messages.close();
    expect([counted.inflators.length, counted.open.size]).toEqual([1, 0]);
  });

  test.each([
    ["is damaged", bytes("ff"), true, "INVALID_DEFLATE_DATA @7"],
    ["was not kept whole", hello, false, "UNSUPPORTED_MESSAGE_LENGTH @7"],
    ["is too long", deflateMessage(new Uint8Array(101)), true, "UNSUPPORTED_MESSAGE_LENGTH @7"],
  ])("later messages are lost after one that %s", (_, payload, isWhole, fault) => {
    const { inflate } = inflation(true);
    expect([inflate(hello), inflate(payload, isWhole), inflate(hello)]).toEqual([
      helloHex,
      fault,
      "lost",
    ]);
  });
});

test("without context takeover every message stands alone", () => {
  const { inflate, messages } = inflation(false);
  expect([inflate(hello), inflate(bytes("ff")), inflate(hello), inflate(hello, false)]).toEqual([
    helloHex,
    "INVALID_DEFLATE_DATA @7",
    helloHex,
    "UNSUPPORTED_MESSAGE_LENGTH @7",
  ]);
  messages.close();
  expect(inflate(hello)).toBe("lost");
});

test("opens a decompressor for the first message, with the agreed window", () => {
  const opened: number[] = [];
  const counted = new CountedCompressors();
  const open = (bits: number) => {
    opened.push(bits);
    return counted.openInflator(bits);
  };
  new MessageInflation(open, {}, 9).close();
  expect(opened).toEqual([]);
  for (const deflate of [{}, { windowBits: 10 }]) {
    const messages = new MessageInflation(open, deflate, 9);
    messages.inflate(hello, true, 0, () => true);
    messages.close();
  }
  expect(opened).toEqual([15, 10]);
});

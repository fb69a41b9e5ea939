import { constants } from "node:zlib";
import { deflated, json, KeptWindow, noise } from "../deflate-bytes.ts";
import { concat, opcodes, utf8 } from "../frame-bytes.ts";
import {
  binary,
  type ConnectionCase,
  type Exchange,
  patternBytes,
  pong,
  text,
} from "./connection-case.ts";
import { compressed, compressedFragments, deflateEcho, hex, pieces } from "./deflate-case.ts";
import { maxMessageSize } from "./limits.ts";

const hello = hex("f2 48 cd c9 c9 07 00");
const odd = "Grüße, 世界 𝄞, и так далее. ".repeat(40);

/** The examples of RFC 7692 section 7.2.3. */
const examples: readonly ConnectionCase[] = [
  deflateEcho("7.2.3.1", "one compressed block", "Hello", hello),
  {
    ...deflateEcho("7.2.3.1", "one compressed block, byte by byte", "Hello", hello),
    cut: "everywhere",
  },
  {
    name: "one compressed block in two fragments",
    section: "7.2.3.1 of RFC 7692",
    script: (write) => ({
      exchanges: [
        {
          send: compressedFragments(write, opcodes.text, [hello.subarray(0, 3), hello.subarray(3)]),
          receive: [text("Hello")],
        },
      ],
    }),
  },
  deflateEcho("7.2.3.3", "an uncompressed block", "Hello", hex("00 05 00 fa ff 48 65 6c 6c 6f 00")),
  deflateEcho("7.2.3.4", "a block with BFINAL", "Hello", hex("f3 48 cd c9 c9 07 00 00")),
  deflateEcho(
    "7.2.3.5",
    "two blocks in one message",
    "Hello",
    hex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00"),
  ),
  deflateEcho("7.2.3.6", "an empty message", "", hex("00")),
  deflateEcho("7.2.3.6", "an empty message from a compressor", "", hex("02 00")),
];

const final = (content: string) =>
  new Uint8Array(Buffer.concat([deflatedWithFinal(utf8(content)), Buffer.of(0)]));

/** Returns an uncompressed block with BFINAL. */
function deflatedWithFinal(content: Uint8Array): Uint8Array {
  // The header of an uncompressed block: BFINAL, the length and its complement.
  const header = [1, content.length & 0xff, content.length >> 8];
  return concat(Uint8Array.of(...header, header[1] ^ 0xff, header[2] ^ 0xff), content);
}

const kinds: readonly ConnectionCase[] = [
  deflateEcho("7.2.2", "text with characters of all lengths", odd),
  deflateEcho("7.2.2", "JSON", json(20_000)),
  deflateEcho("7.2.2", "noise", noise(5_000)),
  deflateEcho("7.2.2", "256 zeros", new Uint8Array(256)),
  deflateEcho(
    "7.2.2",
    "the longest allowed message, as text",
    json(maxMessageSize).slice(0, maxMessageSize),
  ),
  deflateEcho("7.2.2", "the longest allowed message, as zeros", new Uint8Array(maxMessageSize)),
  deflateEcho("7.2.2", "noise of nearly the longest allowed length", noise(1_040_000)),
  deflateEcho("7.2.2", "64 KiB", patternBytes(65_536)),
  deflateEcho("7.2.2", "one byte more than 64 KiB", noise(65_537)),
  deflateEcho("7.2.2", "level 9", json(50_000), { level: 9 }),
  deflateEcho("7.2.2", "level 1", json(50_000), { level: 1 }),
  deflateEcho("7.2.2", "level 0: uncompressed blocks", json(150_000), { level: 0 }),
  deflateEcho("7.2.2", "fixed codes only", json(50_000), { strategy: constants.Z_FIXED }),
  deflateEcho("7.2.2", "codes without distances", json(50_000), {
    strategy: constants.Z_HUFFMAN_ONLY,
  }),
  deflateEcho("7.2.2", "a window of 9 bits", json(50_000), { windowBits: 9 }),
  deflateEcho(
    "7.2.3.4",
    "several blocks with BFINAL",
    "onetwothree",
    concat(deflatedWithFinal(utf8("one")), deflatedWithFinal(utf8("two")), final("three")),
  ),
  deflateEcho(
    "7.2.3.4",
    "a block with BFINAL between others",
    "beforeHelloafter",
    concat(
      deflated(utf8("before")),
      hex("00 00 ff ff"),
      deflatedWithFinal(utf8("Hello")),
      deflated(utf8("after")),
    ),
  ),
];

/** Messages in more than one frame, or several at once. */
const fragmentations: readonly ConnectionCase[] = [
  ...[1, 7, 1_000].map(
    (length): ConnectionCase => ({
      name: `fragments of ${length} bytes with pings between them`,
      section: "6.1 of RFC 7692",
      script: (write) => {
        const frames = compressedFragments(
          write,
          opcodes.text,
          pieces(deflated(utf8(odd)), length),
        );
        const send = frames.flatMap((frame) => [write.ping(utf8("between")), frame]);
        return {
          exchanges: [{ send, receive: [...frames.map(() => pong(utf8("between"))), text(odd)] }],
        };
      },
    }),
  ),
  {
    name: "a first and a last fragment that are empty",
    section: "6.1 of RFC 7692",
    script: (write) => ({
      exchanges: [
        {
          send: compressedFragments(write, opcodes.text, [hex(""), hello, hex("")]),
          receive: [text("Hello")],
        },
      ],
    }),
  },
  {
    name: "a long message in fragments",
    section: "6.1 of RFC 7692",
    script: (write) => {
      const content = utf8(json(900_000));
      const send = compressedFragments(write, opcodes.binary, pieces(deflated(content), 10_000));
      return { exchanges: [{ send, receive: [binary(content)] }] };
    },
  },
  {
    name: "messages with and without RSV1 in turns",
    section: "6 of RFC 7692",
    script: (write) => ({
      exchanges: Array.from({ length: 20 }, (_, i): Exchange => {
        const content = json(i * 100);
        return i % 2 === 0
          ? { send: [write.text(content)], receive: [text(content)] }
          : {
              send: [compressed(write, opcodes.text, deflated(utf8(content)))],
              receive: [text(content)],
            };
      }),
    }),
  },
  {
    name: "100 messages at once",
    section: "6 of RFC 7692",
    script: (write) => {
      const contents = Array.from({ length: 100 }, (_, i) => json(i * 50));
      const send = contents.map((content) =>
        compressed(write, opcodes.text, deflated(utf8(content))),
      );
      return { exchanges: [{ send: [concat(...send)], receive: contents.map(text) }] };
    },
  },
];

/** Compressed messages that do not refer to earlier ones in the window. */
export const deflateMessageCases: readonly ConnectionCase[] = [
  ...examples,
  ...kinds,
  ...fragmentations,
];

/** Messages that are compressed with one window. */
function inOneWindow(
  name: string,
  contents: readonly string[],
  windowBits: number,
): ConnectionCase {
  return {
    name,
    section: "7.2.3.2 of RFC 7692",
    script: (write) => {
      const window = new KeptWindow({ windowBits });
      return {
        exchanges: contents.map((content) => ({
          send: [compressed(write, opcodes.text, window.deflate(utf8(content)))],
          receive: [text(content)],
        })),
      };
    },
  };
}

const rows = Array.from({ length: 60 }, (_, i) => json(i * 37));

/** Messages that a receiver with context takeover must also read. */
export const keptWindowCases: readonly ConnectionCase[] = [
  {
    name: "a repeated message, which is only a distance",
    section: "7.2.3.2 of RFC 7692",
    script: (write) => ({
      exchanges: [hello, hex("f2 00 11 00 00"), hex("f2 00 11 00 00")].map((payload) => ({
        send: [compressed(write, opcodes.text, payload)],
        receive: [text("Hello")],
      })),
    }),
  },
  {
    name: "uncompressed messages do not change the window",
    section: "6 of RFC 7692",
    script: (write) => ({
      exchanges: [
        { send: [compressed(write, opcodes.text, hello)], receive: [text("Hello")] },
        { send: [write.text("something else")], receive: [text("something else")] },
        {
          send: [compressed(write, opcodes.text, hex("f2 00 11 00 00"))],
          receive: [text("Hello")],
        },
      ],
    }),
  },
  inOneWindow("60 messages with a window of 15 bits", rows, 15),
  inOneWindow("60 messages with a window of 9 bits", rows, 9),
  inOneWindow("messages much longer than the window", [json(200_000), json(200_000), json(90)], 15),
];

import { concat, opcodes, utf8 } from "../frame-bytes.ts";
import {
  binary,
  type ConnectionCase,
  fragments,
  patternBytes,
  pong,
  positions,
  text,
} from "./connection-case.ts";

/** A fragmented text message is echoed as one message. */
function textCase(name: string, ...contents: readonly string[]): ConnectionCase {
  return {
    name,
    section: "5.4",
    script: (write) => ({
      exchanges: [
        {
          send: fragments(write, opcodes.text, contents.map(utf8)),
          receive: [text(contents.join(""))],
        },
      ],
    }),
  };
}

const clef = utf8("a𝄞b");

/** Fragmented messages (RFC 6455 section 5.4). */
export const fragmentationCases: readonly ConnectionCase[] = [
  textCase("two fragments", "Hel", "lo"),
  textCase("a hundred fragments", ...Array.from({ length: 100 }, (_, i) => `${i};`)),
  textCase("an empty first fragment", "", "Hello"),
  textCase("an empty fragment in the middle", "Hel", "", "lo"),
  textCase("an empty last fragment", "Hello", ""),
  textCase("nothing but empty fragments", "", "", ""),
  {
    name: "binary fragments of different lengths",
    section: "5.4",
    script: (write) => {
      const payload = patternBytes(70_000);
      const pieces = [payload.subarray(0, 1), payload.subarray(1, 127), payload.subarray(127)];
      return {
        exchanges: [{ send: fragments(write, opcodes.binary, pieces), receive: [binary(payload)] }],
      };
    },
  },
  {
    name: "pings between the fragments are answered immediately",
    section: "5.4",
    script: (write) => {
      const [first, second, third] = fragments(write, opcodes.text, ["a", "b", "c"].map(utf8));
      return {
        exchanges: [
          { send: [first, write.ping(utf8("1"))], receive: [pong(utf8("1"))] },
          { send: [second, write.ping(), write.pong()], receive: [pong()] },
          { send: [third], receive: [text("abc")] },
        ],
      };
    },
  },
  {
    name: "a character split between fragments, at each of its bytes",
    section: "5.6",
    script: (write) => ({
      exchanges: positions(clef.length - 1).map((at) => ({
        send: fragments(write, opcodes.text, [clef.subarray(0, at), clef.subarray(at)]),
        receive: [text("a𝄞b")],
      })),
    }),
  },
  {
    name: "a character split into one fragment per byte, with pings between",
    section: "5.6",
    script: (write) => {
      const pieces = fragments(
        write,
        opcodes.text,
        Array.from(clef, (byte) => Uint8Array.of(byte)),
      );
      return {
        exchanges: [
          {
            send: pieces.flatMap((piece) => [write.ping(), piece]),
            receive: [...pieces.map(() => pong()), text("a𝄞b")],
          },
        ],
      };
    },
  },
  {
    name: "a ping before each of a hundred fragments",
    section: "5.4",
    script: (write) => {
      const contents = Array.from({ length: 100 }, (_, i) => `${i};`);
      const frames = fragments(write, opcodes.text, contents.map(utf8));
      return {
        exchanges: [
          {
            send: [concat(...frames.flatMap((frame, i) => [write.ping(utf8(`${i}`)), frame]))],
            receive: [...contents.map((_, i) => pong(utf8(`${i}`))), text(contents.join(""))],
          },
        ],
      };
    },
  },
  {
    name: "control frames between fragments that are cut in the middle",
    section: "5.4",
    // Within the first fragment's header, its payload, the Ping, and the second fragment.
    cut: [1, 3, 4, 30, 60, 130, 190, 210, 260, 300, 330],
    script: (write) => {
      const payload = patternBytes(300);
      const pieces = [payload.subarray(0, 100), payload.subarray(100, 200), payload.subarray(200)];
      const [first, second, third] = fragments(write, opcodes.binary, pieces);
      const ping = utf8("a ping of some length, to be cut as well");
      return {
        exchanges: [
          {
            send: [concat(first, write.ping(ping), second, write.pong(ping), write.ping(), third)],
            receive: [pong(ping), pong(), binary(payload)],
          },
        ],
      };
    },
  },
  {
    name: "a Close frame between fragments is answered",
    section: "5.4",
    script: (write) => ({
      exchanges: [],
      ending: {
        how: "closed",
        send: [
          write.frame({ opcode: opcodes.text, fin: false, payload: utf8("a") }),
          write.close(1000),
        ],
        statusCode: 1000,
        reason: "",
      },
    }),
  },
];

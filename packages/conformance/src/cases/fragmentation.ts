import { type FrameWriter, opcodes, utf8 } from "../frame-bytes.ts";
import {
  binary,
  type ConnectionCase,
  patternBytes,
  pong,
  positions,
  text,
} from "./connection-case.ts";

/** A message in fragments, one frame each. */
function fragments(write: FrameWriter, opcode: number, payloads: readonly Uint8Array[]) {
  return payloads.map((payload, index) =>
    write.frame({
      opcode: index === 0 ? opcode : opcodes.continuation,
      fin: index === payloads.length - 1,
      payload,
    }),
  );
}

/** A text message in fragments comes back in one piece. */
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

/** Messages in fragments (RFC 6455 section 5.4). */
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
    name: "pings between the fragments are answered at once",
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
    name: "a character divided between fragments, at each of its bytes",
    section: "5.6",
    script: (write) => ({
      exchanges: positions(clef.length - 1).map((at) => ({
        send: fragments(write, opcodes.text, [clef.subarray(0, at), clef.subarray(at)]),
        receive: [text("a𝄞b")],
      })),
    }),
  },
  {
    name: "a character divided into a fragment for each byte, with pings between",
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

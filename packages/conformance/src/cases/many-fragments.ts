import { concat, type FrameWriter, opcodes, utf8 } from "../frame-bytes.ts";
import {
  binary,
  type ConnectionCase,
  fragments,
  patternBytes,
  patternText,
  pong,
  text,
} from "./connection-case.ts";
import { maxFragments, maxMessageSize } from "./limits.ts";

/** Splits a payload into pieces of a length. The last one may be shorter. */
function pieces(payload: Uint8Array, length: number): Uint8Array[] {
  return Array.from({ length: Math.ceil(payload.length / length) }, (_, i) =>
    payload.subarray(i * length, (i + 1) * length),
  );
}

/** Returns the same payload `count` times. */
function repeated(count: number, payload: Uint8Array): Uint8Array[] {
  return Array.from({ length: count }, () => payload);
}

/** Returns a fragmented binary message in one piece. */
function joined(write: FrameWriter, payloads: readonly Uint8Array[]): Uint8Array {
  return concat(...fragments(write, opcodes.binary, payloads));
}

/** A message in fragments of a length, sent in one piece. */
function cutMessage(name: string, opcode: number, payload: Uint8Array, length: number) {
  return {
    name,
    section: "5.4",
    script: (write: FrameWriter) => ({
      exchanges: [
        {
          send: [concat(...fragments(write, opcode, pieces(payload, length)))],
          receive: [{ opcode, payload }],
        },
      ],
    }),
  };
}

/** Fragments that break no rule except the limit on their number. */
function tooMany(name: string, send: (write: FrameWriter) => Uint8Array): ConnectionCase {
  return {
    name: `1008: ${name}`,
    section: "7.4.1",
    script: (write) => ({
      exchanges: [{ send: [write.text("hello")], receive: [text("hello")] }],
      ending: { how: "failed", send: [send(write)], statusCode: 1008 },
    }),
  };
}

const empty = new Uint8Array(0);

/** Messages in many small fragments (RFC 6455 section 5.4), up to the limits and beyond. */
export const manyFragmentsCases: readonly ConnectionCase[] = [
  cutMessage(
    "1 MiB of binary in fragments of 64 bytes",
    opcodes.binary,
    patternBytes(maxMessageSize),
    64,
  ),
  cutMessage(
    "1 MiB of text in fragments of 64 bytes",
    opcodes.text,
    utf8(patternText(maxMessageSize)),
    64,
  ),
  cutMessage(
    "text of three-byte characters in fragments of 64 bytes, which split many of them",
    opcodes.text,
    utf8("漢".repeat(20_000)),
    64,
  ),
  cutMessage(
    "text of four-byte characters in fragments of 1 byte",
    opcodes.text,
    utf8("𝄞😀".repeat(500)),
    1,
  ),
  {
    name: "10,000 empty fragments are an empty message",
    section: "5.4",
    script: (write) => ({
      exchanges: [{ send: [joined(write, repeated(10_000, empty))], receive: [binary(empty)] }],
    }),
  },
  {
    name: "an empty fragment after each non-empty one",
    section: "5.4",
    script: (write) => {
      const payload = patternBytes(1_000);
      const payloads = pieces(payload, 10).flatMap((piece) => [piece, empty]);
      return { exchanges: [{ send: [joined(write, payloads)], receive: [binary(payload)] }] };
    },
  },
  {
    name: "the maximum number of fragments, in each of two messages",
    section: "7.4.1",
    script: (write) => {
      const all = joined(write, repeated(maxFragments, Uint8Array.of(7)));
      const message = binary(new Uint8Array(maxFragments).fill(7));
      return { exchanges: [{ send: [all, all], receive: [message, message] }] };
    },
  },
  {
    name: "control frames are not counted as fragments",
    section: "7.4.1",
    script: (write) => {
      const frames = fragments(write, opcodes.binary, repeated(maxFragments, empty));
      const withPing = [write.ping(utf8("p")), write.pong(), ...frames.slice(1)];
      return {
        exchanges: [
          {
            send: [concat(frames[0], ...withPing)],
            receive: [pong(utf8("p")), binary(empty)],
          },
        ],
      };
    },
  },
  tooMany("one fragment too many", (write) =>
    joined(write, repeated(maxFragments + 1, Uint8Array.of(7))),
  ),
  tooMany("one empty fragment too many", (write) =>
    joined(write, repeated(maxFragments + 1, empty)),
  ),
  tooMany("one fragment too many, by its header only", (write) =>
    concat(
      ...fragments(write, opcodes.text, repeated(maxFragments + 1, empty)).slice(0, -1),
      write.frame({ opcode: opcodes.continuation, fin: false, declaredLength: 100n }),
    ),
  ),
];

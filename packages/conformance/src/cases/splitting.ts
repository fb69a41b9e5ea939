import { type FrameWriter, opcodes, utf8 } from "../frame-bytes.ts";
import {
  binary,
  type ConnectionCase,
  type Exchange,
  patternBytes,
  pong,
  positions,
  text,
} from "./connection-case.ts";

const mixed = "Hello é€𝄞";

/** Every kind of frame, each short enough to be split at each of its bytes. */
function everyKind(write: FrameWriter): Exchange[] {
  const bytes = patternBytes(126);
  const [first, second] = [utf8(mixed).subarray(0, 8), utf8(mixed).subarray(8)];
  return [
    { send: [write.text(mixed)], receive: [text(mixed)] },
    { send: [write.binary(bytes)], receive: [binary(bytes)] },
    { send: [write.text(""), write.text("after")], receive: [text(""), text("after")] },
    { send: [write.ping(utf8("are you there"))], receive: [pong(utf8("are you there"))] },
    { send: [write.pong(utf8("unasked")), write.text("x")], receive: [text("x")] },
    {
      send: [
        write.frame({ opcode: opcodes.text, fin: false, payload: first }),
        write.ping(utf8("between")),
        write.frame({ opcode: opcodes.continuation, payload: second }),
      ],
      receive: [pong(utf8("between")), text(mixed)],
    },
  ];
}

/**
 * The result does not depend on how TCP splits the bytes (RFC 6455 section 5.4, last paragraph but
 * one).
 */
export const splittingCases: readonly ConnectionCase[] = [
  {
    name: "every kind of frame, cut at every byte",
    section: "5.2",
    cut: positions(140),
    script: (write) => ({
      exchanges: everyKind(write),
      ending: { how: "closed", send: [write.close(4999, "cut")], statusCode: 4999, reason: "cut" },
    }),
  },
  {
    name: "every kind of frame, one byte at a time",
    section: "5.2",
    cut: "everywhere",
    script: (write) => ({
      exchanges: everyKind(write),
      ending: { how: "closed", send: [write.close(3000, "é")], statusCode: 3000, reason: "é" },
    }),
  },
  {
    name: "a header with a 64-bit length, cut at every byte",
    section: "5.2",
    cut: positions(16),
    script: (write) => {
      const payload = patternBytes(65_536);
      return { exchanges: [{ send: [write.binary(payload)], receive: [binary(payload)] }] };
    },
  },
  {
    name: "a long masked payload, cut on each side of its word boundaries",
    section: "5.3",
    cut: [1_001, 1_002, 1_003, 1_004, 1_005, 65_535, 65_536, 65_537],
    script: (write) => {
      const payload = patternBytes(70_003);
      return { exchanges: [{ send: [write.binary(payload)], receive: [binary(payload)] }] };
    },
  },
  {
    name: "the first message in one piece with the opening handshake",
    section: "4.1",
    joinedToHandshake: true,
    script: (write) => ({
      exchanges: [
        {
          send: [write.text("first"), write.text("second")],
          receive: [text("first"), text("second")],
        },
      ],
    }),
  },
  {
    name: "the opening handshake and the first message, cut at every byte",
    section: "4.1",
    joinedToHandshake: true,
    cut: positions(200),
    script: (write) => ({ exchanges: [{ send: [write.text(mixed)], receive: [text(mixed)] }] }),
  },
  {
    name: "the opening handshake and the first message, one byte at a time",
    section: "4.1",
    joinedToHandshake: true,
    cut: "everywhere",
    script: (write) => ({ exchanges: [{ send: [write.text(mixed)], receive: [text(mixed)] }] }),
  },
  {
    name: "text that is not UTF-8, cut at every byte",
    section: "8.1",
    cut: positions(14),
    script: (write) => ({
      exchanges: [],
      ending: {
        how: "failed",
        send: [
          write.frame({
            opcode: opcodes.text,
            payload: Uint8Array.of(0x41, 0xed, 0xa0, 0x80, 0x42),
          }),
        ],
        statusCode: 1007,
      },
    }),
  },
];

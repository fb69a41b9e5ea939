import { concat, type FrameFields, type FrameWriter, opcodes, utf8 } from "../frame-bytes.ts";
import { type ConnectionCase, pong, text } from "./connection-case.ts";

/**
 * A connection that works until a fault is visible in bytes after which the peer sends nothing
 * else.
 */
function fault(
  statusCode: number,
  section: string,
  name: string,
  send: (write: FrameWriter) => Uint8Array,
): ConnectionCase {
  return {
    name: `${statusCode}: ${name}`,
    section,
    script: (write) => ({
      exchanges: [{ send: [write.text("hello")], receive: [text("hello")] }],
      ending: { how: "failed", send: [send(write)], statusCode },
    }),
  };
}

/** A frame of which only the first two bytes are sent. */
function firstBytes(section: string, name: string, fields: FrameFields): ConnectionCase {
  return fault(1002, section, `${name}, by its first two bytes`, (write) =>
    write.frame(fields).subarray(0, 2),
  );
}

const { text: textOpcode, binary, continuation, close, ping } = opcodes;
const hex = (opcode: number) => `0x${opcode.toString(16)}`;

const headerCases: readonly ConnectionCase[] = [
  ...[close, ping, opcodes.pong].flatMap((opcode) => [
    firstBytes("5.5", `control frame ${hex(opcode)} of 126 bytes`, {
      opcode,
      declaredLength: 126n,
    }),
    firstBytes("5.5", `control frame ${hex(opcode)} with a 64-bit length`, {
      opcode,
      declaredLength: 65_536n,
    }),
    firstBytes("5.5", `fragmented control frame ${hex(opcode)}`, { opcode, fin: false }),
  ]),
  firstBytes("5.2", "reserved opcode 0x3", { opcode: 0x3 }),
  firstBytes("5.2", "reserved opcode 0xb", { opcode: 0xb }),
  firstBytes("5.2", "an RSV bit", { opcode: binary, rsv: 1 }),
  firstBytes("5.4", "a lone continuation", { opcode: continuation, declaredLength: 70_000n }),
  fault(1002, "5.4", "a new message inside of another, by its first two bytes", (write) =>
    concat(
      write.frame({ opcode: binary, fin: false, payload: utf8("a") }),
      write.frame({ opcode: binary, declaredLength: 70_000n }).subarray(0, 2),
    ),
  ),
  ...([126n, 65_536n] as const).map((declaredLength) =>
    fault(1002, "5.1", `the wrong MASK bit before a length of ${declaredLength}`, (write) => {
      const frame = write.frame({ opcode: binary, declaredLength }).subarray(0, 2);
      return Uint8Array.of(frame[0], frame[1] ^ 0x80);
    }),
  ),
];

/** Bytes that can start valid UTF-8, except for the last one. */
const badTexts: Readonly<Record<string, readonly number[]>> = {
  "a lone continuation byte": [0x80],
  "a continuation byte after a whole character": [0xc3, 0xa9, 0xbf],
  "a lead byte of overlong forms": [0xc0],
  "the other lead byte of overlong forms": [0xc1],
  "an overlong form of three bytes": [0xe0, 0x80],
  "the last overlong form of three bytes": [0xe0, 0x9f],
  "an overlong form of four bytes": [0xf0, 0x80],
  "the last overlong form of four bytes": [0xf0, 0x8f],
  "the first surrogate": [0xed, 0xa0],
  "the last surrogate": [0xed, 0xbf],
  "a surrogate after text": [...utf8("κόσμε"), 0xed, 0xa0],
  "the first value above U+10FFFF": [0xf4, 0x90],
  "a lead byte of values above U+10FFFF": [0xf5],
  "a lead byte of five": [0xf8],
  "a byte that no character has": [0x61, 0xff],
  "ASCII in a character of two bytes": [0xc3, 0x28],
  "ASCII as the second of three bytes": [0xe2, 0x28],
  "ASCII as the third of three bytes": [0xe2, 0x82, 0x28],
  "ASCII as the last of four bytes": [0xf0, 0x9d, 0x84, 0x28],
  "a lead byte in a character": [0xe2, 0x82, 0xe2],
};

/** The invalid byte is the last byte sent of an unfinished frame. */
function inFrame([name, bytes]: [string, readonly number[]]): ConnectionCase {
  return fault(1007, "8.1", `${name}, in a frame that is not finished`, (write) => {
    const declaredLength = BigInt(bytes.length + 100);
    return write.frame({ opcode: textOpcode, payload: Uint8Array.from(bytes), declaredLength });
  });
}

/**
 * Each byte is a separate fragment. A Ping before the invalid byte shows that nothing earlier is
 * refused. That byte's fragment is unfinished.
 */
function acrossFragments([name, bytes]: [string, readonly number[]]): ConnectionCase {
  const fields = (byte: number, index: number): FrameFields => ({
    opcode: index === 0 ? textOpcode : continuation,
    fin: false,
    payload: Uint8Array.of(byte),
  });
  return {
    name: `1007: ${name}, one fragment per byte`,
    section: "8.1",
    script: (write) => ({
      exchanges: [
        {
          send: [
            ...bytes.slice(0, -1).map((byte, index) => write.frame(fields(byte, index))),
            write.ping(utf8("well so far")),
          ],
          receive: [pong(utf8("well so far"))],
        },
      ],
      ending: {
        how: "failed",
        send: [
          write.frame({
            ...fields(bytes[bytes.length - 1], bytes.length - 1),
            declaredLength: 100n,
          }),
        ],
        statusCode: 1007,
      },
    }),
  };
}

/**
 * Faults that are visible before a frame is complete fail the connection at once (RFC 6455 sections
 * 5 and 8.1).
 */
export const earlyFaultCases: readonly ConnectionCase[] = [
  ...headerCases,
  ...Object.entries(badTexts).map(inFrame),
  ...Object.entries(badTexts).map(acrossFragments),
];

import { concat, type FrameFields, type FrameWriter, opcodes, utf8 } from "../frame-bytes.ts";
import { type ConnectionCase, text } from "./connection-case.ts";
import { maxMessageSize } from "./limits.ts";

/** A connection that works until the peer breaks a rule. */
function fault(
  statusCode: number,
  section: string,
  name: string,
  send: (write: FrameWriter) => readonly Uint8Array[],
  subject?: "client" | "server",
): ConnectionCase {
  return {
    name: `${statusCode}: ${name}`,
    section,
    ...(subject === undefined ? {} : { subject }),
    script: (write) => ({
      exchanges: [{ send: [write.text("hello")], receive: [text("hello")] }],
      ending: { how: "failed", send: send(write), statusCode },
    }),
  };
}

/** One frame that breaks a rule. */
function badFrame(statusCode: number, section: string, name: string, fields: FrameFields) {
  return fault(statusCode, section, name, (write) => [write.frame(fields)]);
}

/** A message in progress, followed by a frame that breaks a rule. */
function badSecondFrame(name: string, fields: FrameFields): ConnectionCase {
  return fault(1002, "5.4", name, (write) => [
    write.frame({ opcode: opcodes.text, fin: false, payload: utf8("a") }),
    write.frame(fields),
  ]);
}

/**
 * The same case with the frame complete and split within its header, which must not change the
 * result.
 */
function cutInHeader(testCase: ConnectionCase): ConnectionCase {
  return { ...testCase, cut: [0, 1, 3] };
}

const { continuation, binary, close, ping } = opcodes;
const hex = (opcode: number) => `0x${opcode.toString(16)}`;

const frameFaults: readonly ConnectionCase[] = [
  fault(
    1002,
    "5.1",
    "an unmasked frame from a client",
    (write) => [write.frame({ opcode: opcodes.text, payload: utf8("x"), masked: false })],
    "server",
  ),
  fault(
    1002,
    "5.1",
    "a masked frame from a server",
    (write) => [write.frame({ opcode: opcodes.text, payload: utf8("x"), masked: true })],
    "client",
  ),
  ...[4, 2, 1, 7].map((rsv) => badFrame(1002, "5.2", `RSV bits ${rsv}`, { opcode: binary, rsv })),
  badFrame(1002, "5.2", "RSV1 on a control frame", { opcode: ping, rsv: 4 }),
  ...[0x3, 0x4, 0x5, 0x6, 0x7, 0xb, 0xc, 0xd, 0xe, 0xf].map((opcode) =>
    badFrame(1002, "5.2", `reserved opcode ${hex(opcode)}`, { opcode }),
  ),
  ...[opcodes.close, opcodes.ping, opcodes.pong].flatMap((opcode) => [
    badFrame(1002, "5.5", `fragmented control frame ${hex(opcode)}`, { opcode, fin: false }),
    badFrame(1002, "5.5", `control frame ${hex(opcode)} of 126 bytes`, {
      opcode,
      payload: new Uint8Array(126),
    }),
  ]),
  badFrame(1002, "5.4", "a lone continuation", { opcode: continuation, payload: utf8("x") }),
  badFrame(1002, "5.4", "a lone continuation that does not end", {
    opcode: continuation,
    fin: false,
  }),
  fault(1002, "5.4", "an RSV bit on a continuation", (write) => [
    write.frame({ opcode: binary, fin: false }),
    write.frame({ opcode: continuation, rsv: 2 }),
  ]),
  badSecondFrame("a new text inside of a message", { opcode: opcodes.text }),
  badSecondFrame("a new binary inside of a message", { opcode: binary, fin: false }),
  badSecondFrame("a reserved opcode inside of a message", { opcode: 0x3 }),
];

const lengthFaults: readonly ConnectionCase[] = [
  ...[0, 125].map((length) =>
    badFrame(1002, "5.2", `${length} bytes with a 16-bit length`, {
      opcode: binary,
      payload: new Uint8Array(length),
      lengthBits: 16,
    }),
  ),
  ...[0, 125, 126, 65_535].map((length) =>
    badFrame(1002, "5.2", `${length} bytes with a 64-bit length`, {
      opcode: binary,
      payload: new Uint8Array(length),
      lengthBits: 64,
    }),
  ),
  badFrame(1002, "5.5", "a ping with a 16-bit length", { opcode: ping, lengthBits: 16 }),
  ...[2n ** 63n, 2n ** 64n - 1n].map((declaredLength) =>
    badFrame(1002, "5.2", `a length of ${declaredLength}`, { opcode: binary, declaredLength }),
  ),
];

const surrogate = Uint8Array.of(0xed, 0xa0, 0x80);
const invalidTexts: Readonly<Record<string, Uint8Array>> = {
  "a surrogate": concat(utf8("κόσμε"), surrogate, utf8("edited")),
  "a lone continuation byte": Uint8Array.of(0x80),
  "an overlong form": Uint8Array.of(0xc0, 0xaf),
  "an overlong form of three bytes": Uint8Array.of(0xe0, 0x80, 0xaf),
  "a value above U+10FFFF": Uint8Array.of(0xf4, 0x90, 0x80, 0x80),
  "a byte that no character has": Uint8Array.of(0x61, 0xff),
  "an overlong form of four bytes": Uint8Array.of(0xf0, 0x8f, 0xbf, 0xbf),
  "a bad byte at the end of a long text": concat(utf8("漢".repeat(10_000)), Uint8Array.of(0xfe)),
};
const cutOffTexts: Readonly<Record<string, Uint8Array>> = {
  "a character of two bytes that is cut off": Uint8Array.of(0x61, 0xc3),
  "a character of three bytes that is cut off": Uint8Array.of(0x61, 0xe2, 0x82),
  "a character of four bytes that is cut off": Uint8Array.of(0xf0, 0x9f, 0x98),
};

const textFaults: readonly ConnectionCase[] = [
  ...Object.entries({ ...invalidTexts, ...cutOffTexts }).map(([name, payload]) =>
    badFrame(1007, "8.1", name, { opcode: opcodes.text, payload }),
  ),
  ...Object.entries(invalidTexts).map(([name, payload]) =>
    badFrame(1007, "8.1", `${name}, in a message that is not finished`, {
      opcode: opcodes.text,
      fin: false,
      payload,
    }),
  ),
  fault(1007, "8.1", "a surrogate divided between fragments", (write) => [
    write.frame({ opcode: opcodes.text, fin: false, payload: surrogate.subarray(0, 1) }),
    write.frame({ opcode: continuation, payload: surrogate.subarray(1) }),
  ]),
  fault(1007, "8.1", "a character that is cut off, with an empty last fragment", (write) => [
    write.frame({ opcode: opcodes.text, fin: false, payload: Uint8Array.of(0xf0, 0x9f, 0x98) }),
    write.frame({ opcode: continuation }),
  ]),
  badFrame(1007, "8.1", "a bad byte in a frame that is not finished", {
    opcode: opcodes.text,
    payload: Uint8Array.of(0x61, 0xff, 0x61),
    declaredLength: 100n,
  }),
];

const closeFaults: readonly ConnectionCase[] = [
  badFrame(1002, "5.5.1", "a Close payload of 1 byte", {
    opcode: close,
    payload: Uint8Array.of(3),
  }),
  ...[0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535].map((statusCode) =>
    fault(1002, "7.4", `a Close frame with ${statusCode}`, (write) => [write.close(statusCode)]),
  ),
  badFrame(1007, "5.5.1", "a reason that is not UTF-8", {
    opcode: close,
    payload: concat(Uint8Array.of(0x03, 0xe8), surrogate),
  }),
  badFrame(1007, "5.5.1", "a reason that is cut off within a character", {
    opcode: close,
    payload: Uint8Array.of(0x03, 0xe8, 0x61, 0xe2, 0x82),
  }),
];

const sizeFaults: readonly ConnectionCase[] = [
  badFrame(1009, "7.4.1", "a message that is too long, by its header only", {
    opcode: binary,
    declaredLength: BigInt(maxMessageSize) + 1n,
  }),
  // Lengths at and beyond the precision of JavaScript numbers.
  ...[2n ** 32n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 53n + 1n, 2n ** 63n - 1n].map((declaredLength) =>
    badFrame(1009, "7.4.1", `a message of ${declaredLength} bytes, by its header only`, {
      opcode: binary,
      declaredLength,
    }),
  ),
  ...[2n ** 53n, 2n ** 63n - 1n].map((declaredLength) =>
    fault(1009, "7.4.1", `a last fragment of ${declaredLength} bytes`, (write) => [
      write.frame({ opcode: binary, fin: false, payload: new Uint8Array(1) }),
      write.frame({ opcode: continuation, declaredLength }),
    ]),
  ),
  badFrame(1009, "7.4.1", "a message that is too long and sent completely", {
    opcode: binary,
    payload: new Uint8Array(maxMessageSize * 2),
  }),
  fault(1009, "7.4.1", "fragments that are too long together", (write) => [
    write.frame({ opcode: binary, fin: false, payload: new Uint8Array(maxMessageSize - 1) }),
    write.frame({ opcode: continuation, fin: false, payload: new Uint8Array(1) }),
    write.frame({ opcode: continuation, declaredLength: 1n }),
  ]),
];

/**
 * Faults that must fail the connection, with the status code (RFC 6455 sections 7.1.7 and 7.4.1).
 */
export const faultCases: readonly ConnectionCase[] = [
  ...frameFaults.map(cutInHeader),
  ...lengthFaults.map(cutInHeader),
  ...textFaults,
  ...closeFaults.map(cutInHeader),
  ...sizeFaults,
  fault(1002, "7.1.7", "what follows a fault is ignored", (write) => [
    Buffer.concat([write.frame({ opcode: 0x3 }), write.text("too late"), write.close(1000)]),
  ]),
];

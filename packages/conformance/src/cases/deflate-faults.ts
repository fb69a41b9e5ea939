import { deflated, noise } from "../deflate-bytes.ts";
import { type FrameFields, type FrameWriter, opcodes, utf8 } from "../frame-bytes.ts";
import { type ConnectionCase, text } from "./connection-case.ts";
import { compressed, compressedFragments, hex, pieces, rsv1 } from "./deflate-case.ts";
import { maxMessageSize } from "./limits.ts";

const hello = hex("f2 48 cd c9 c9 07 00");
const { continuation, binary, close, ping, pong } = opcodes;

/** A connection with compression that works until the peer breaks a rule. */
function fault(
  statusCode: number,
  section: string,
  name: string,
  send: (write: FrameWriter) => readonly Uint8Array[],
): ConnectionCase {
  return {
    name: `${statusCode}: ${name}`,
    section,
    script: (write) => ({
      exchanges: [{ send: [compressed(write, opcodes.text, hello)], receive: [text("Hello")] }],
      ending: { how: "failed", send: send(write), statusCode },
    }),
  };
}

const broken = (name: string, payload: Uint8Array) =>
  fault(1007, "7.2.2 of RFC 7692", name, (write) => [compressed(write, binary, payload)]);

const badFrame = (name: string, fields: FrameFields) =>
  fault(1002, "6.1 of RFC 7692", name, (write) => [write.frame(fields)]);

const markedFrames: readonly ConnectionCase[] = [
  badFrame("RSV1 on a Ping", { opcode: ping, rsv: rsv1 }),
  badFrame("RSV1 on a Pong", { opcode: pong, rsv: rsv1 }),
  badFrame("RSV1 on a Close frame", { opcode: close, rsv: rsv1 }),
  ...[1, 2, 3, 5, 6, 7].map((rsv) => badFrame(`RSV bits ${rsv}`, { opcode: binary, rsv })),
  ...[true, false].map((isCompressed) =>
    fault(
      1002,
      "6.1 of RFC 7692",
      `RSV1 on a fragment that continues ${isCompressed ? "a compressed" : "an uncompressed"} message`,
      (write) => [
        write.frame({ opcode: binary, rsv: isCompressed ? rsv1 : 0, fin: false, payload: hello }),
        write.frame({ opcode: continuation, rsv: rsv1, payload: hello }),
      ],
    ),
  ),
  fault(1002, "6.1 of RFC 7692", "RSV1 on a Ping within a compressed message", (write) => [
    write.frame({ opcode: binary, rsv: rsv1, fin: false, payload: hello }),
    write.frame({ opcode: ping, rsv: rsv1 }),
  ]),
];

const brokenData: readonly ConnectionCase[] = [
  broken("a reserved block type", hex("06")),
  broken("an uncompressed block with a wrong length", hex("00 05 00 fa fe 48 65 6c 6c 6f 00")),
  broken("a distance that reaches before the message", hex("f2 00 11 00 00")),
  broken(
    "noise",
    noise(100).map((octet, i) => (i === 0 ? 0x07 : octet)),
  ),
  broken(
    "a fault after 100 KB of good data",
    (() => {
      const good = deflated(noise(100_000));
      return Buffer.concat([good, hex("00 00 ff ff 06 00 00")]);
    })(),
  ),
];

const invalidText = (name: string, content: Uint8Array) =>
  fault(1007, "8.1", name, (write) => [compressed(write, opcodes.text, deflated(content))]);

const badText: readonly ConnectionCase[] = [
  invalidText("text that is not UTF-8 when it is decompressed", hex("48 69 ff")),
  invalidText("text that ends within a character", hex("48 69 e2 82")),
  invalidText(
    "long text that is not UTF-8 at its end",
    Buffer.concat([utf8("ä".repeat(100_000)), hex("c3")]),
  ),
];

/** 64 MiB of zeros compressed to 64 KiB. Created on first use, because that takes a while. */
let bombPayload: Uint8Array | undefined;
export function bomb(): Uint8Array {
  bombPayload ??= deflated(new Uint8Array(67_108_864));
  return bombPayload;
}

const tooLong = (name: string, send: (write: FrameWriter) => readonly Uint8Array[]) =>
  fault(1009, "7.4.1", name, send);

const limits: readonly ConnectionCase[] = [
  tooLong("64 MiB of zeros in 64 KiB", (write) => [compressed(write, binary, bomb())]),
  tooLong("64 MiB of zeros as text", (write) => [compressed(write, opcodes.text, bomb())]),
  tooLong("64 MiB of zeros in many fragments", (write) =>
    compressedFragments(write, binary, pieces(bomb(), 100)),
  ),
  tooLong("one byte more than the limit", (write) => [
    compressed(write, binary, deflated(new Uint8Array(maxMessageSize + 1))),
  ]),
  tooLong("more than the limit before it is decompressed", (write) => [
    compressed(write, binary, deflated(noise(maxMessageSize + 1_000))),
  ]),
];

/** Rules that a peer may break on a connection with compression. */
export const deflateFaultCases: readonly ConnectionCase[] = [
  ...markedFrames,
  ...brokenData,
  ...badText,
  ...limits,
];

/**
 * Faults before a message's last fragment. The message is decompressed and checked when that
 * arrives.
 */
export const fragmentedDeflateFaultCases: readonly ConnectionCase[] = [
  fault(1007, "7.2.2 of RFC 7692", "broken data in the second of three fragments", (write) => [
    write.frame({ opcode: binary, rsv: rsv1, fin: false, payload: hex("f2 48 05 00 00 00 ff ff") }),
    write.frame({ opcode: continuation, fin: false, payload: hex("06 06 06") }),
    write.frame({ opcode: continuation, payload: hex("00") }),
  ]),
  fault(1007, "8.1", "text that is not UTF-8, before the last fragment", (write) => [
    write.frame({
      opcode: opcodes.text,
      rsv: rsv1,
      fin: false,
      payload: Buffer.concat([deflated(hex("48 69 ff")), hex("00 00 ff ff")]),
    }),
    write.frame({ opcode: continuation, payload: hex("00") }),
  ]),
];

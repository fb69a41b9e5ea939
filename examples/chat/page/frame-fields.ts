import { Opcode, parseClosePayload } from "@framewright/codec";
import { decodeUtf8 } from "@framewright/codec/internal";
import type { WireFrame } from "./frame-stream.ts";

/** One field of a frame header, in the order of RFC 6455 section 5.2. */
export interface Field {
  readonly id: "fin" | "rsv" | "opcode" | "mask" | "length" | "extended" | "key" | "payload";
  readonly name: string;
  /** For the drawing, where a field may be only one bit wide. */
  readonly shortName: string;
  /** Width in bits. */
  readonly bits: number;
  readonly value: string;
  readonly meaning: string;
}

const opcodeNames = new Map<number, string>(
  Object.entries(Opcode).map(([name, opcode]) => [opcode, name.toLowerCase()]),
);

export function opcodeName(opcode: number): string {
  return opcodeNames.get(opcode) ?? "reserved";
}

/** Returns the fields of a frame's header, from its first bit to its last. */
export function headerFields({ header, headerBytes }: WireFrame): Field[] {
  const { fin, rsv1, rsv2, rsv3, opcode, masked, lengthBits, payloadLength } = header;
  const rsv = [rsv1, rsv2, rsv3].map((bit) => (bit ? "1" : "0")).join("");
  const length7 = headerBytes[1] & 0x7f;
  const fields: Field[] = [
    {
      id: "fin",
      name: "FIN",
      shortName: "F",
      bits: 1,
      value: fin ? "1" : "0",
      meaning: fin ? "the message ends here" : "more fragments follow",
    },
    {
      id: "rsv",
      name: "RSV1–3",
      shortName: "RSV",
      bits: 3,
      value: rsv,
      meaning: rsv === "000" ? "no extension" : "an extension’s",
    },
    {
      id: "opcode",
      name: "opcode",
      shortName: "opcode",
      bits: 4,
      value: `0x${opcode.toString(16)}`,
      meaning: opcodeName(opcode),
    },
    {
      id: "mask",
      name: "MASK",
      shortName: "M",
      bits: 1,
      value: masked ? "1" : "0",
      meaning: masked ? "as from a client" : "as from a server",
    },
    {
      id: "length",
      name: "payload length",
      shortName: "length",
      bits: 7,
      value: String(length7),
      meaning: lengthBits === 7 ? "bytes" : `${lengthBits} bits follow`,
    },
  ];
  if (lengthBits !== 7) {
    fields.push({
      id: "extended",
      name: "extended length",
      shortName: "extended payload length",
      bits: lengthBits,
      value: payloadLength.toLocaleString("en"),
      meaning: "bytes",
    });
  }
  if (masked) {
    fields.push({
      id: "key",
      name: "masking key",
      shortName: "masking key",
      bits: 32,
      value: hex(headerBytes.subarray(-4)),
      meaning: "",
    });
  }
  return fields;
}

/** Describes a payload: as text, as the body of a Close frame, or in hexadecimal. */
export function describePayload(frame: WireFrame): string {
  const { header, payload } = frame;
  if (header.opcode === Opcode.Close) {
    const body = parseClosePayload(payload, 0, payload.length);
    if (typeof body === "object") return `${body.statusCode} ${body.reason}`.trimEnd();
  }
  return payloadText(frame) ?? hex(payload);
}

/**
 * Returns a payload as text, or undefined if it is not UTF-8. Works on the kept part of a long
 * payload.
 */
export function payloadText({ header, payload }: WireFrame): string | undefined {
  const whole = header.payloadLength === payload.length;
  // The kept part of a long payload may end within a character.
  const shortest = whole ? payload.length : payload.length - 3;
  for (let end = payload.length; end >= Math.max(shortest, 0); end--) {
    const text = decodeUtf8(payload, 0, end);
    if (text !== undefined) return whole ? text : `${text}…`;
  }
  return undefined;
}

export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

export function bytes(count: number): string {
  return count === 1 ? "1 byte" : `${count.toLocaleString("en")} bytes`;
}

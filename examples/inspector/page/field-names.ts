import type { HeaderField } from "@framewright/codec/inspect";

/** How each field is called: in the drawing and in full, with the words of section 5.2. */
export const fieldNames: Readonly<
  Record<HeaderField["name"], { readonly short: string; readonly long: string }>
> = {
  fin: { short: "FIN", long: "FIN" },
  rsv1: { short: "RSV1", long: "RSV1" },
  rsv2: { short: "RSV2", long: "RSV2" },
  rsv3: { short: "RSV3", long: "RSV3" },
  opcode: { short: "opcode", long: "Opcode" },
  mask: { short: "MASK", long: "MASK" },
  payloadLength: { short: "Payload len", long: "Payload length" },
  extendedPayloadLength: { short: "Extended payload length", long: "Extended payload length" },
  maskingKey: { short: "Masking-key", long: "Masking-key" },
};

const opcodeNames: Readonly<Record<number, string>> = {
  0: "Continuation",
  1: "Text",
  2: "Binary",
  8: "Close",
  9: "Ping",
  10: "Pong",
};

/** The name of an opcode, or that it is reserved. */
export function opcodeName(opcode: number): string {
  return opcodeNames[opcode] ?? `Reserved ${opcode.toString(16).toUpperCase()}`;
}

/** A number of bytes in words. */
export function bytesText(length: number | bigint): string {
  return length === 1 || length === 1n ? "1 byte" : `${length.toLocaleString("en")} bytes`;
}

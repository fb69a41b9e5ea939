import type { ZlibOptions } from "node:zlib";
import { deflated } from "../deflate-bytes.ts";
import { type FrameWriter, opcodes, utf8 } from "../frame-bytes.ts";
import { binary, type ConnectionCase, text } from "./connection-case.ts";

/** RSV1, which marks a compressed message (RFC 7692 section 6). */
export const rsv1 = 4;

export const hex = (digits: string) =>
  new Uint8Array(Buffer.from(digits.replaceAll(" ", ""), "hex"));

/** Returns a compressed message as one frame. */
export function compressed(write: FrameWriter, opcode: number, payload: Uint8Array): Uint8Array {
  return write.frame({ opcode, rsv: rsv1, payload });
}

/** Returns the frames of a fragmented compressed message. Only the first has RSV1. */
export function compressedFragments(
  write: FrameWriter,
  opcode: number,
  payloads: readonly Uint8Array[],
): Uint8Array[] {
  return payloads.map((payload, index) =>
    write.frame({
      opcode: index === 0 ? opcode : opcodes.continuation,
      rsv: index === 0 ? rsv1 : 0,
      fin: index === payloads.length - 1,
      payload,
    }),
  );
}

/** Splits bytes into pieces of a length. */
export function pieces(bytes: Uint8Array, length: number): Uint8Array[] {
  const count = Math.max(Math.ceil(bytes.length / length), 1);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * length, (i + 1) * length));
}

/** A compressed message that is echoed. */
export function deflateEcho(
  section: string,
  name: string,
  content: string | Uint8Array,
  payload: Uint8Array | ZlibOptions = {},
): ConnectionCase {
  const isText = typeof content === "string";
  const bytes = isText ? utf8(content) : content;
  const opcode = isText ? opcodes.text : opcodes.binary;
  return {
    name,
    section: `${section} of RFC 7692`,
    script: (write) => {
      const sent = payload instanceof Uint8Array ? payload : deflated(bytes, payload);
      const receive = [isText ? text(content) : binary(bytes)];
      return { exchanges: [{ send: [compressed(write, opcode, sent)], receive }] };
    },
  };
}

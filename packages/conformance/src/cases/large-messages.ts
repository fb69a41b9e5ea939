import { concat, type FrameWriter, opcodes, utf8 } from "../frame-bytes.ts";
import { type ConnectionCase, fragments, patternBytes, patternText } from "./connection-case.ts";

const fourMebibytes = 4_194_304;

/** A message in fragments of a length, sent in one piece. */
function message(name: string, opcode: number, payload: Uint8Array, length: number) {
  const count = Math.ceil(payload.length / length);
  const payloads = Array.from({ length: count }, (_, i) =>
    payload.subarray(i * length, (i + 1) * length),
  );
  return {
    name,
    section: "5.4",
    script: (write: FrameWriter) => ({
      exchanges: [
        {
          send: [concat(...fragments(write, opcode, payloads))],
          receive: [{ opcode, payload }],
        },
      ],
    }),
  };
}

/** Messages that subjects accept with default limits (RFC 6455 section 10.4). */
export const largeMessageCases: readonly ConnectionCase[] = [
  message("4 MiB of binary", opcodes.binary, patternBytes(fourMebibytes), fourMebibytes),
  message("4 MiB of text", opcodes.text, utf8(patternText(fourMebibytes)), fourMebibytes),
  message("4 MiB in fragments of 64 bytes", opcodes.binary, patternBytes(fourMebibytes), 64),
  message("10,000 fragments of text", opcodes.text, utf8(patternText(10_000)), 1),
];

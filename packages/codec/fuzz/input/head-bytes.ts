import { concat } from "../../test/bytes.ts";
import type { Choices } from "./choices.ts";

/** The longest head, and the most header lines: what these are is part of the interface. */
const maxHeadLength = 16_384;
const maxHeaderLines = 100;
/** How much is kept of a body. */
const maxBodyLength = 65_536;

/**
 * Makes the bytes of a head and what follows it: the rest of the input, with header lines after its
 * first line if the input asks for as many, or for as long ones, as are just allowed or not allowed;
 * or with a body that is just as long as is kept, or longer.
 */
export function readHeadBytes(choices: Choices): Uint8Array {
  const filling = choices.byte();
  const rest = choices.rest();
  const text = Buffer.from(rest).toString("latin1");
  const start = text.indexOf("\r\n") + 2;
  const end = text.indexOf("\r\n\r\n");
  if (start < 2 || end < 0) return rest;
  const lines = text.slice(0, end + 2).split("\r\n").length - 2;
  const inserted = fill(filling, lines, end + 4);
  const body = longBody(filling, rest.length - end - 4);
  return concat([
    rest.subarray(0, start),
    Buffer.from(inserted, "latin1"),
    rest.subarray(start),
    body,
  ]);
}

/** Up to two more or fewer than allowed: of header lines, or of bytes. */
function fill(filling: number, lines: number, length: number): string {
  const difference = (filling & 7) - 2;
  if ((filling & 0x18) === 0x08) {
    return "f:\r\n".repeat(Math.max(0, maxHeaderLines - lines + difference));
  }
  if ((filling & 0x18) === 0x10) {
    const longest = maxHeadLength - length - "f:\r\n".length + difference;
    return longest < 0 ? "" : `f:${"x".repeat(longest)}\r\n`;
  }
  return "";
}

/** The rest of a body, of which no more than two bytes are too many or missing. */
function longBody(filling: number, length: number): Uint8Array {
  if ((filling & 0x18) !== 0x18) return new Uint8Array(0);
  return new Uint8Array(Math.max(0, maxBodyLength - length - 2 + (filling & 7))).fill(0x79);
}

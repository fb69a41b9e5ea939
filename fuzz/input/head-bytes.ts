import { concat } from "../../packages/codec/test/bytes.ts";
import type { Choices } from "./choices.ts";

/**
 * The maximum head length in bytes and number of header lines. Both are part of the public
 * interface.
 */
const maxHeadLength = 16_384;
const maxHeaderLines = 100;
/** Maximum number of body bytes that are kept. */
const maxBodyLength = 65_536;

/**
 * Makes the bytes of a head and what follows it from the rest of the input. If the input asks for
 * it, inserts header lines after the first line so that their number or length is just within or
 * just over the limit, or appends a body that is just within or just over the limit.
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

/**
 * Returns header lines that bring their number or length to up to two under the limit or five over
 * it.
 */
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

/** Returns bytes that bring the body to up to two under the limit or five over it. */
function longBody(filling: number, length: number): Uint8Array {
  if ((filling & 0x18) !== 0x18) return new Uint8Array(0);
  return new Uint8Array(Math.max(0, maxBodyLength - length - 2 + (filling & 7))).fill(0x79);
}

import { isTokenText } from "./extensions.ts";

/** A head of an HTTP/1.1 message: what stands before the empty line. */
export interface ReferenceHead {
  startLine: string;
  fields: [name: string, value: string][];
  /** Index after the empty line. */
  end: number;
}

/** A head that cannot be accepted: where that is sure, and the status of the answer. */
export interface HeadFault {
  at: number;
  status: 400 | 431;
}

const maxLength = 16_384;
const maxLines = 100;

/** Names of which a second line must be refused. */
const mustBeSingle = ["host", "sec-websocket-key", "sec-websocket-accept"];

/** Reads a head from all of the bytes that ever come; undefined when it is not whole. */
export function readHead(bytes: Uint8Array): ReferenceHead | HeadFault | undefined {
  const text = Buffer.from(bytes).toString("latin1");
  const end = endOfHead(text);
  const fault = firstFault(text.slice(0, end ?? text.length));
  if (fault !== undefined) return fault;
  if (end === undefined) return undefined;
  const [startLine, ...lines] = text.slice(0, end - 4).split("\r\n");
  const fields: [string, string][] = [];
  for (const line of lines) {
    const [name, ...rest] = line.split(":");
    if (!isTokenText(name) || rest.length === 0) return { at: end, status: 400 };
    if (mustBeSingle.includes(name.toLowerCase()) && has(fields, name))
      return { at: end, status: 400 };
    fields.push([name.toLowerCase(), stripBlanks(rest.join(":"))]);
  }
  return { startLine, fields, end };
}

export function valuesOf(fields: ReferenceHead["fields"], name: string): string[] {
  return fields.filter((field) => field[0] === name).map((field) => field[1]);
}

/** The elements of a list header over all of its lines, empty ones left out (RFC 9110 section 5.6.1). */
export function elementsOf(fields: ReferenceHead["fields"], name: string): string[] {
  const elements = valuesOf(fields, name).join(",").split(",").map(stripBlanks);
  return elements.filter((element) => element !== "");
}

function has(fields: ReferenceHead["fields"], name: string): boolean {
  return valuesOf(fields, name.toLowerCase()).length > 0;
}

/** Index after the empty line; one at the very beginning ends a head that has no start line. */
function endOfHead(text: string): number | undefined {
  if (text.startsWith("\r\n")) return 2;
  const index = text.indexOf("\r\n\r\n");
  return index < 0 ? undefined : index + 4;
}

function firstFault(text: string): HeadFault | undefined {
  if (text.startsWith("\r\n")) return { at: 2, status: 400 };
  const faults: HeadFault[] = [];
  if (text.length > maxLength) faults.push({ at: maxLength, status: 431 });
  const bad = indexOfBadCharacter(text);
  if (bad >= 0) faults.push({ at: bad, status: 400 });
  const excess = indexOfExcessLine(text);
  if (excess >= 0) faults.push({ at: excess, status: 431 });
  return faults.sort((a, b) => a.at - b.at)[0];
}

/** Where the line feed of a header line too many is; the start line is none. */
function indexOfExcessLine(text: string): number {
  let at = -1;
  for (let lines = 0; lines < maxLines + 2; lines++) {
    at = text.indexOf("\r\n", at + 1);
    if (at < 0) return -1;
    if (text.startsWith("\r\n\r\n", at)) return lines < maxLines + 1 ? -1 : at + 1;
  }
  return at + 1;
}

/** A control character, or CR and LF that are not together. */
function indexOfBadCharacter(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "\r" && at + 1 < text.length && text[at + 1] !== "\n") return at + 1;
    if (character === "\n" && text[at - 1] !== "\r") return at;
    if (character === "\r" || character === "\n" || character === "\t") continue;
    if (character < " " || character === "\x7f") return at;
  }
  return -1;
}

function stripBlanks(text: string): string {
  let result = text;
  while (result.startsWith(" ") || result.startsWith("\t")) result = result.slice(1);
  while (result.endsWith(" ") || result.endsWith("\t")) result = result.slice(0, -1);
  return result;
}

import { isTokenText } from "./extensions.ts";

/** The head of an HTTP/1.1 message: everything before the empty line. */
export interface ReferenceHead {
  startLine: string;
  fields: [name: string, value: string][];
  /** Index after the empty line. */
  end: number;
}

/**
 * The fault of a rejected head: the index at which it is certain, and the status of the response.
 */
export interface HeadFault {
  at: number;
  status: 400 | 431;
}

const maxLength = 16_384;
const maxLines = 100;

/** Header names that must not occur twice. */
const mustBeSingle = ["host", "sec-websocket-key", "sec-websocket-accept"];

/** Reads a head from all received bytes. Returns undefined if it is incomplete. */
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

/**
 * Returns the elements of a list header over all its lines, without empty ones (RFC 9110 section
 * 5.6.1).
 */
export function elementsOf(fields: ReferenceHead["fields"], name: string): string[] {
  const elements = valuesOf(fields, name).join(",").split(",").map(stripBlanks);
  return elements.filter((element) => element !== "");
}

function has(fields: ReferenceHead["fields"], name: string): boolean {
  return valuesOf(fields, name.toLowerCase()).length > 0;
}

/**
 * Returns the index after the empty line. An empty line at the start ends a head without a start
 * line.
 */
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

/**
 * Returns the index of the line feed of the first header line over the limit, or -1. The start line
 * does not count.
 */
function indexOfExcessLine(text: string): number {
  let at = -1;
  for (let lines = 0; lines < maxLines + 2; lines++) {
    at = text.indexOf("\r\n", at + 1);
    if (at < 0) return -1;
    if (text.startsWith("\r\n\r\n", at)) return lines < maxLines + 1 ? -1 : at + 1;
  }
  return at + 1;
}

/** Returns the index of a control character, or of a CR or LF without the other, or -1. */
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

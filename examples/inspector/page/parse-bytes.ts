/** Bytes that were read from pasted text, and what the text was. */
export interface ParsedBytes {
  readonly bytes: Uint8Array;
  readonly format: string;
}

/** Longest pasted text, in UTF-16 units: bytes as "0x00, " for 1 MiB. */
export const maxTextLength = 6 * 1_048_576;

/**
 * Reads bytes from text: hexadecimal in any grouping, dumps of xxd, hexdump, tcpdump and Wireshark,
 * arrays of C and JavaScript, escaped strings, Node's `<Buffer>`, or base64.
 *
 * @returns The bytes, or why the text is none of these.
 */
export function parseBytes(text: string): ParsedBytes | string {
  if (text.length > maxTextLength) return "The text is longer than 6 MiB";
  const trimmed = text.trim();
  if (trimmed === "") return { bytes: new Uint8Array(0), format: "" };
  const readers = [readDump, readEscapes, readArray, readHex, readBase64];
  for (const reader of readers) {
    const parsed = reader(trimmed);
    if (parsed !== undefined) return parsed;
  }
  return explainFailure(trimmed);
}

const dumpLine = /^\s*(?:0x)?([0-9a-f]{4,8})(:?)(\s+|$)(.*)$/i;

/** Reads lines of an offset, bytes and perhaps the same as text. The offsets must fit the bytes. */
function readDump(text: string): ParsedBytes | undefined {
  const bytes: number[] = [];
  let first: number | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (line.trim() === "") continue;
    const match = dumpLine.exec(line);
    if (match === null) return undefined;
    const [, digitsOfOffset, colon, space, rest] = match;
    const offset = Number.parseInt(digitsOfOffset, 16);
    // After one space alone, digits are an offset only if they are 0 at the start.
    if (first === undefined && colon === "" && space.length === 1 && offset !== 0) return undefined;
    first ??= offset;
    if (offset !== first + bytes.length) return undefined;
    // What follows the bytes is the same as text: after a bar, or two or three spaces.
    const digits = rest.split(/\|/)[0].split(colon === "" ? /\s{3,}/ : /\s{2,}/)[0];
    if (!/^(?:[0-9a-f]{2}\s*)*$/i.test(digits)) return undefined;
    appendHex(bytes, digits.replace(/\s/g, ""));
  }
  return bytes.length === 0 ? undefined : { bytes: Uint8Array.from(bytes), format: "hex dump" };
}

const escapes: Readonly<Record<string, number>> = {
  "0": 0,
  a: 7,
  b: 8,
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  e: 27,
};

/** Reads a string with escapes such as "\x81\x05Hello", of C, Python, JavaScript or Wireshark. */
function readEscapes(text: string): ParsedBytes | undefined {
  if (!/\\x[0-9a-f]{2}/i.test(text)) return undefined;
  const inner = text
    .split(/\r?\n/)
    .map((line) =>
      line
        .trim()
        .replace(/\s*\\$/, "")
        .replace(/^b?["'](.*)["'][;,]?$/, "$1"),
    )
    .join("");
  const bytes: number[] = [];
  const part = /\\x([0-9a-f]{2})|\\([\s\S])|([\s\S])/giy;
  for (const [, hex, letter, plain] of inner.matchAll(part)) {
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (letter !== undefined) bytes.push(escapes[letter] ?? letter.charCodeAt(0));
    else bytes.push(...new TextEncoder().encode(plain));
  }
  return { bytes: Uint8Array.from(bytes), format: "escaped string" };
}

/** Reads an array of numbers from 0 to 255, hexadecimal with 0x or decimal with commas. */
function readArray(text: string): ParsedBytes | undefined {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, " ").replace(/\/\/.*$/gm, " ");
  const list = /[{[]([^{}[\]]*)[}\]]\s*;?\s*\)?$/.exec(code.trim())?.[1] ?? code;
  const parts = list.split(/[\s,;]+/).filter((part) => part !== "");
  const isHex = parts.length > 0 && parts.every((part) => /^0x[0-9a-f]{1,2}$/i.test(part));
  const isDecimal =
    list.includes(",") && parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256);
  if (!isHex && !isDecimal) return undefined;
  return { bytes: Uint8Array.from(parts, Number), format: "array" };
}

/** Reads hexadecimal digits in any grouping: "81 05", "8105", "81:05", "<Buffer 81 05>", "0x8105". */
function readHex(text: string): ParsedBytes | undefined {
  const inner = text.replace(/^<Buffer\s+(.*)>$/s, "$1").replace(/^0x/i, "");
  const digits = inner.replace(/[\s:,_-]/g, "");
  if (digits.length === 0 || digits.length % 2 !== 0 || !/^[0-9a-f]+$/i.test(digits))
    return undefined;
  const bytes: number[] = [];
  appendHex(bytes, digits);
  return { bytes: Uint8Array.from(bytes), format: "hex" };
}

function readBase64(text: string): ParsedBytes | undefined {
  const digits = text.replace(/\s/g, "").replaceAll("-", "+").replaceAll("_", "/");
  const body = digits.replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/]+$/.test(body) || body.length % 4 === 1) return undefined;
  // An odd number of hexadecimal digits is more likely a mistake than base64.
  if (/^[0-9a-f\s]+$/i.test(text)) return undefined;
  const decoded = atob(body);
  return { bytes: Uint8Array.from(decoded, (unit) => unit.charCodeAt(0)), format: "base64" };
}

function appendHex(bytes: number[], digits: string): void {
  for (let i = 0; i < digits.length; i += 2)
    bytes.push(Number.parseInt(digits.slice(i, i + 2), 16));
}

function explainFailure(text: string): string {
  const digits = text.replace(/[\s:,_-]/g, "");
  if (/^[0-9a-f]+$/i.test(digits)) return `${digits.length} hex digits: a byte has two`;
  const wrong = /[^0-9a-f\s:,_-]/i.exec(text);
  const line = text.slice(0, wrong?.index).split("\n").length;
  const shown = JSON.stringify(wrong?.[0] ?? "");
  return `Neither hex nor base64: ${shown} in line ${line} is no hex digit`;
}

/** Formats bytes as hexadecimal, 16 in a line. */
export function formatHex(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) lines.push(hexOf(bytes.subarray(at, at + 16)));
  return lines.join("\n");
}

/** Formats bytes as hexadecimal with spaces. */
export function hexOf(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
}

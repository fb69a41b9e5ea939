import type { Bytes } from "../bytes/bytes.ts";
import { shownValue, typeError } from "../errors.ts";

/** Headers to send: an object, or pairs, in which a name may occur more than once. */
export type HeadersInit =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [name: string, value: string]>;

/** A token (RFC 9110 section 5.6.2), as the source of a regular expression. */
export const tokenSource = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const token = /* @__PURE__ */ new RegExp(`^${tokenSource}$`);
/** 1 for each character of a token. Looking them up is faster than the regular expression. */
const tokenCharacters = /* @__PURE__ */ Uint8Array.from({ length: 256 }, (_, code) =>
  token.test(String.fromCharCode(code)) ? 1 : 0,
);
/** Printable ASCII, space, tab and the upper half of Latin-1: no character that ends the line. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Tells whether a text is a token (RFC 9110 section 5.6.2), as header names and subprotocols are.
 */
export function isToken(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    if (tokenCharacters[text.charCodeAt(i)] !== 1) return false;
  }
  return text.length > 0;
}

/**
 * Removes spaces and tabs from both ends (RFC 9110 section 5.6.3), and no other character that
 * `trim` removes. A regular expression would take quadratic time for blanks that are not at the
 * end.
 *
 * @param start - Index of the first character.
 * @param end - Index after the last character.
 */
export function trimBlanks(text: string, start = 0, end: number = text.length): string {
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Returns the elements of a comma-separated list, which may have several header lines. */
function listElements(values: readonly string[]): string[] {
  return values
    .flatMap((value) => value.split(","))
    .map((element) => trimBlanks(element))
    .filter((element) => element !== "");
}

/**
 * Parses a comma-separated list of tokens, which may have several header lines (RFC 9110 section
 * 5.6.1). Empty elements are ignored.
 *
 * @returns The tokens as written, or undefined if an element is not a token.
 *
 * @example
 * parseTokenList(["keep-alive, Upgrade"]); // ["keep-alive", "Upgrade"]
 */
export function parseTokenList(values: readonly string[]): string[] | undefined {
  const elements = listElements(values);
  return elements.every(isToken) ? elements : undefined;
}

/**
 * Tells whether a list header contains a token, ignoring case. Other elements need not be tokens:
 * `Upgrade: HTTP/2.0, websocket` contains `websocket` (RFC 9110 section 7.8).
 *
 * @param name - In lower case.
 */
export function includesToken(values: readonly string[], name: string): boolean {
  // The value that almost every peer sends.
  if (values.length === 1 && values[0].toLowerCase() === name) return true;
  return listElements(values).some((element) => element.toLowerCase() === name);
}

/**
 * Formats a caller's headers as header lines.
 *
 * @param reserved - Names in lower case that the caller must not use.
 * @returns Lines, each terminated by CR LF.
 * @throws TypeError if a name is reserved, or if a name or value does not fit into one header line.
 */
export function formatHeaders(headers: HeadersInit, reserved: ReadonlySet<string>): string {
  // A promise is an object without headers: those that it resolves to would be lost.
  if (typeof headers !== "object" || headers === null || headers instanceof Promise) {
    throw invalidHeaders(headers);
  }
  let lines = "";
  const pairs = Symbol.iterator in headers ? headers : Object.entries(headers);
  for (const pair of pairs as Iterable<[string, string | readonly string[]]>) {
    if (!Array.isArray(pair)) throw invalidHeaders(pair);
    const [name, values] = pair;
    if (typeof name !== "string" || !isToken(name)) {
      throw typeError("WS_ERR_INVALID_OPTION", `invalid header name ${shownValue(name)}`);
    }
    if (reserved.has(name.toLowerCase())) {
      throw typeError("WS_ERR_INVALID_OPTION", `header ${name} is set by the library`);
    }
    for (const value of Array.isArray(values) ? values : [values]) {
      if (typeof value !== "string" || !fieldValue.test(value)) {
        throw typeError(
          "WS_ERR_INVALID_OPTION",
          `invalid value for header ${name}: ${shownValue(value)}`,
        );
      }
      lines += `${name}: ${value}\r\n`;
    }
  }
  return lines;
}

function invalidHeaders(value: unknown): TypeError {
  const message = `headers must be an object or pairs of name and value, got ${shownValue(value)}`;
  return typeError("WS_ERR_INVALID_OPTION", message);
}

/**
 * Encodes text in Latin-1. All characters must be below U+0100, as in HTTP heads.
 *
 * @returns New bytes, one for each character.
 */
export function encodeLatin1(text: string): Bytes {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/**
 * Decodes Latin-1.
 *
 * @param bytes - Borrowed, not modified; read from `start` to `end`.
 * @returns One character for each byte.
 */
export function decodeLatin1(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  // In pieces, because arguments are passed on the stack. Spreading would use an iterator.
  for (let i = start; i < end; i += 4096) {
    const piece = bytes.subarray(i, Math.min(i + 4096, end));
    text += String.fromCharCode.apply(null, piece as unknown as number[]);
  }
  return text;
}

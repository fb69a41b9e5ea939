import { typeError } from "../errors.ts";

/** Headers to send: an object, or pairs where one name stands more than once. */
export type HeadersInit =
  | Readonly<Record<string, string | readonly string[]>>
  | Iterable<readonly [name: string, value: string]>;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Printable ASCII, blanks and the upper half of Latin-1: nothing that could end the line. */
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Tells whether a text is a token (RFC 9110 section 5.6.2): a header's name, a subprotocol. */
export function isToken(text: string): boolean {
  return token.test(text);
}

/**
 * Takes spaces and tabs, and nothing else that `trim` takes, off both ends (RFC 9110 section
 * 5.6.3). Not a regular expression: those take quadratic time on blanks that are not at the end.
 */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** The elements of a comma-separated list that may be spread over several header lines. */
function listElements(values: readonly string[]): string[] {
  return values
    .flatMap((value) => value.split(","))
    .map(trimBlanks)
    .filter((element) => element !== "");
}

/**
 * Parses a comma-separated list of tokens that may be spread over several header lines
 * (RFC 9110 section 5.6.1). Empty elements are left out.
 *
 * @returns The tokens as written, or undefined when an element is not a token.
 *
 * @example
 * parseTokenList(["keep-alive, Upgrade"]); // ["keep-alive", "Upgrade"]
 */
export function parseTokenList(values: readonly string[]): string[] | undefined {
  const elements = listElements(values);
  return elements.every(isToken) ? elements : undefined;
}

/**
 * Tells whether a list header names a token, in any case. Its other elements need not be tokens:
 * `Upgrade: HTTP/2.0, websocket` names websocket (RFC 9110 section 7.8).
 */
export function includesToken(values: readonly string[], name: string): boolean {
  // What almost all send.
  if (values.length === 1 && values[0].toLowerCase() === name) return true;
  return listElements(values).some((element) => element.toLowerCase() === name);
}

/**
 * Writes headers that a caller gave as lines.
 *
 * @param reserved - Names in lower case that the caller may not give.
 * @returns Lines, each ended by CR LF.
 * @throws TypeError for a name or value that would not be one header line, or a reserved name.
 */
export function formatHeaders(headers: HeadersInit, reserved: ReadonlySet<string>): string {
  let lines = "";
  const pairs = Symbol.iterator in headers ? headers : Object.entries(headers);
  for (const [name, values] of pairs as Iterable<[string, string | readonly string[]]>) {
    if (!isToken(name)) {
      throw typeError("WS_ERR_INVALID_OPTION", `invalid header name ${JSON.stringify(name)}`);
    }
    if (reserved.has(name.toLowerCase())) {
      throw typeError("WS_ERR_INVALID_OPTION", `header ${name} is set by the library`);
    }
    for (const value of typeof values === "string" ? [values] : values) {
      if (typeof value !== "string" || !fieldValue.test(value)) {
        throw typeError(
          "WS_ERR_INVALID_OPTION",
          `invalid value for header ${name}: ${JSON.stringify(value)}`,
        );
      }
      lines += `${name}: ${value}\r\n`;
    }
  }
  return lines;
}

/**
 * Encodes text whose characters are all below U+0100, as HTTP heads are.
 *
 * @returns New bytes, one per character.
 */
export function encodeLatin1(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

import { CliError } from "../errors.ts";
import { decodeBase64, decodeHex } from "../values.ts";

/** What the standard input is. */
export type InputFormat = "line" | "json" | "hex" | "base64" | "ndjson" | "text" | "binary";

/** Input of one message for each line, with how a line is parsed. */
export type LineFormat = Exclude<InputFormat, "text" | "binary">;

/** The longest line that is read as one message, in bytes: what peers commonly accept at most. */
export const maxLineLength = 16_777_216;

/**
 * Splits bytes into lines, without their ends. Nothing more is read than a line needs.
 *
 * @throws CliError for a line of more than `maxLength` bytes, which must not fill the memory.
 */
export async function* linesOf(
  chunks: AsyncIterable<Uint8Array>,
  maxLength = maxLineLength,
): AsyncGenerator<Uint8Array, undefined> {
  let parts: Uint8Array[] = [];
  let length = 0;
  const keep = (part: Uint8Array) => {
    length += part.length;
    if (length > maxLength) {
      const message = `a line is longer than ${maxLength} bytes; --input binary sends it in parts`;
      throw new CliError("WS_ERR_CLI_INPUT", message);
    }
    parts.push(part);
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      keep(chunk.subarray(start, end));
      yield withoutReturn(Buffer.concat(parts));
      parts = [];
      length = 0;
      start = end + 1;
    }
    if (start < chunk.length) keep(chunk.subarray(start));
  }
  if (length > 0) yield withoutReturn(Buffer.concat(parts));
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === 13 ? line.subarray(0, -1) : line;
}

/**
 * Returns the message that a line stands for.
 *
 * @param number - The line's number, for errors.
 * @throws CliError if the line has another format.
 */
export function messageOfLine(
  line: Uint8Array,
  format: LineFormat,
  number: number,
): string | Uint8Array {
  const text = decodeText(line, number);
  switch (format) {
    case "line":
      return text;
    case "json":
      parseJson(text, number);
      return text;
    case "hex":
      return decodeHex(text) ?? invalidLine(number, "hex");
    case "base64":
      return decodeBase64(text) ?? invalidLine(number, "base64");
    case "ndjson":
      return messageOfJson(parseJson(text, number), number);
  }
}

function decodeText(line: Uint8Array, number: number): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    return invalidLine(number, "UTF-8");
  }
}

function parseJson(text: string, number: number): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return invalidLine(number, "JSON");
  }
}

function messageOfJson(value: unknown, number: number): string | Uint8Array {
  const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
  if (typeof data === "string") {
    if (type === "text") return data;
    if (type === "binary") return decodeBase64(data) ?? invalidLine(number, "base64");
  }
  return invalidLine(number, '{"type": "text" or "binary", "data": ...}');
}

function invalidLine(number: number, expected: string): never {
  throw new CliError("WS_ERR_CLI_INPUT", `line ${number} of the input is not ${expected}`);
}

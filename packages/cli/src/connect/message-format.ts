import { escapedJson, escapeText } from "../terminal/escape.ts";

/** How received messages are printed. */
export type OutputFormat = "line" | "ndjson" | "raw";
/** How binary messages are written as text. */
export type BinaryText = "hex" | "base64";

/** How received messages are printed. */
export interface MessageFormat {
  readonly output: OutputFormat;
  readonly binary: BinaryText;
}

/**
 * Formats a received message.
 *
 * - "line": one line for each message. Text has its control characters escaped, bytes are hex or
 *   base64.
 * - "ndjson": one line of JSON for each, such as `{"type":"binary","data":"3q0="}`; bytes are base64.
 * - "raw": what was received, without an escape or a separator.
 */
export function formatMessage(
  data: string | Uint8Array,
  { output, binary }: MessageFormat,
): string | Uint8Array {
  if (output === "raw") return data;
  if (output === "ndjson") {
    const isText = typeof data === "string";
    const value = isText ? data : binaryText(data, "base64");
    return `${escapedJson({ type: isText ? "text" : "binary", data: value })}\n`;
  }
  return `${typeof data === "string" ? escapeText(data) : binaryText(data, binary)}\n`;
}

/** Bytes as text. */
export function binaryText(bytes: Uint8Array, form: BinaryText): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(form);
}

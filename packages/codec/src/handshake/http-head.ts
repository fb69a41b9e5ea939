import { MessageBuffer } from "../bytes/message-buffer.ts";
import { HandshakeError } from "../errors.ts";
import { isToken, trimBlanks } from "./header-values.ts";
import { type HttpCoding, standardHttpCoding } from "./http-coding.ts";
import { HttpHeaders } from "./http-headers.ts";

/** Length of the longest HTTP head in bytes, including the empty line that ends it. */
export const maxHeadLength = 16_384;
/** How many header lines an HTTP head may have. */
export const maxHeaderLines = 100;

/** The start line and headers of an HTTP/1.1 message. */
export interface HttpHead {
  readonly startLine: string;
  readonly headers: HttpHeaders;
}

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
const tab = 0x09;

/**
 * Reads the head of an HTTP/1.1 message (RFC 9112 section 2) from bytes in pieces of any size. It
 * holds at most `maxHeadLength` bytes. It is stricter than RFC 9112 requires: it accepts no bare CR
 * or LF and no folded lines.
 *
 * @example
 * const reader = new HttpHeadReader();
 * const after = reader.push(chunk);
 * if (after < 0) return; // more bytes are needed
 * if (reader.error) return refuse(reader.error);
 * use(reader.head, chunk.subarray(after));
 */
export class HttpHeadReader {
  /** The fault of the head, if any. Its `status` is 400 or 431. */
  error: HandshakeError | undefined = undefined;
  head: HttpHead | undefined = undefined;

  /** The start of the head if it is spread over several chunks. */
  private held: MessageBuffer | undefined = undefined;
  /** Whether the line being read has no character yet, apart from a CR. */
  private isLineEmpty = true;
  private lineCount = 0;
  private afterCarriageReturn = false;

  private readonly coding: HttpCoding;

  /** @param coding - Decodes the head. */
  constructor(coding = standardHttpCoding) {
    this.coding = coding;
  }

  /**
   * Takes the next bytes.
   *
   * @param bytes - Borrowed, not modified. Copied while the head is incomplete.
   * @returns Index in `bytes` after the head, or at its fault, or -1 if more bytes are needed.
   */
  push(bytes: Uint8Array): number {
    const before = this.held?.length ?? 0;
    const end = Math.min(bytes.length, maxHeadLength - before);
    for (let i = 0; i < end; i++) {
      if (!this.afterCarriageReturn) {
        const start = i;
        while (i < end && isText(bytes[i])) i++;
        if (i > start) this.isLineEmpty = false;
        if (i === end) break;
      }
      const byte = bytes[i];
      if (byte === lineFeed) {
        if (!this.afterCarriageReturn) return this.failSyntax("a bare line feed in the head", i);
        this.afterCarriageReturn = false;
        if (this.isLineEmpty) return this.finish(bytes, i + 1);
        this.isLineEmpty = true;
        if (++this.lineCount > maxHeaderLines + 1) {
          return this.fail(431, "WS_ERR_HTTP_HEAD_TOO_LARGE", "too many header lines", i);
        }
      } else if (this.afterCarriageReturn) {
        return this.failSyntax("a bare carriage return in the head", i);
      } else if (byte === carriageReturn) {
        this.afterCarriageReturn = true;
      } else {
        return this.failSyntax("a control character in the head", i);
      }
    }
    if (end < bytes.length)
      return this.fail(431, "WS_ERR_HTTP_HEAD_TOO_LARGE", "the head is too large", end);
    this.held ??= new MessageBuffer();
    // The number of bytes still allowed bounds the buffer's growth.
    const allowed = maxHeadLength - before - bytes.length;
    this.held.append(bytes, 0, bytes.length, Math.max(allowed, 1));
    return -1;
  }

  private finish(bytes: Uint8Array, end: number): number {
    if (this.lineCount === 0) return this.failSyntax("the start line is empty", end);
    this.held?.append(bytes, 0, end, 1);
    const all = this.held === undefined ? bytes : this.held.take();
    const length = this.held === undefined ? end : all.length;
    this.held = undefined;
    const text = this.coding.decodeLatin1(all, 0, length - 4);
    const startLineEnd = lineEndIn(text, 0);
    const headers = new HttpHeaders();
    const fault = appendLines(headers, text, startLineEnd + 2);
    if (fault !== undefined) return this.failSyntax(fault, end);
    this.head = { startLine: text.slice(0, startLineEnd), headers };
    return end;
  }

  private failSyntax(message: string, index: number): number {
    return this.fail(400, "WS_ERR_INVALID_HTTP", message, index);
  }

  private fail(
    status: number,
    code: "WS_ERR_INVALID_HTTP" | "WS_ERR_HTTP_HEAD_TOO_LARGE",
    message: string,
    index: number,
  ): number {
    this.error = new HandshakeError(code, status, message);
    this.held = undefined;
    return index;
  }
}

/** Whether a byte may stand in a line: it is no control character other than a tab. */
function isText(byte: number): boolean {
  return (byte >= 0x20 && byte !== 0x7f) || byte === tab;
}

/** Returns the index of the end of the line that starts at `start`. */
function lineEndIn(text: string, start: number): number {
  const end = text.indexOf("\r\n", start);
  return end < 0 ? text.length : end;
}

/**
 * Parses header lines (RFC 9112 section 5) into `headers`.
 *
 * @param start - Index of the first line.
 * @returns The fault, if any.
 */
function appendLines(headers: HttpHeaders, text: string, start: number): string | undefined {
  for (let at = start; at < text.length; ) {
    const end = lineEndIn(text, at);
    const colon = text.indexOf(":", at);
    const name = colon < 0 || colon > end ? "" : text.slice(at, colon);
    if (!isToken(name)) return "a header line has no valid name";
    if (!headers.append(name, trimBlanks(text, colon + 1, end)))
      return `more than one ${name} header`;
    at = end + 2;
  }
  return undefined;
}

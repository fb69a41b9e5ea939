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
  /** Length of the line being read, without its CR. */
  private lineLength = 0;
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
    for (let i = 0; i < bytes.length; i++) {
      if (before + i >= maxHeadLength) {
        return this.fail(431, "WS_ERR_HTTP_HEAD_TOO_LARGE", "the head is too large", i);
      }
      const byte = bytes[i];
      if (byte >= 0x20 && byte !== 0x7f && !this.afterCarriageReturn) {
        this.lineLength++;
      } else if (byte === lineFeed) {
        if (!this.afterCarriageReturn) return this.failSyntax("a bare line feed in the head", i);
        this.afterCarriageReturn = false;
        if (this.lineLength === 0) return this.finish(bytes, i + 1);
        this.lineLength = 0;
        if (++this.lineCount > maxHeaderLines + 1) {
          return this.fail(431, "WS_ERR_HTTP_HEAD_TOO_LARGE", "too many header lines", i);
        }
      } else if (this.afterCarriageReturn) {
        return this.failSyntax("a bare carriage return in the head", i);
      } else if (byte === carriageReturn) {
        this.afterCarriageReturn = true;
      } else if (byte === tab) {
        this.lineLength++;
      } else {
        return this.failSyntax("a control character in the head", i);
      }
    }
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
    const lines = text.split("\r\n");
    const headers = new HttpHeaders();
    for (let i = 1; i < lines.length; i++) {
      const fault = appendLine(headers, lines[i]);
      if (fault !== undefined) return this.failSyntax(fault, end);
    }
    this.head = { startLine: lines[0], headers };
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

/** Parses one header line (RFC 9112 section 5) into `headers`. Returns the fault, if any. */
function appendLine(headers: HttpHeaders, line: string): string | undefined {
  const colon = line.indexOf(":");
  const name = line.slice(0, Math.max(colon, 0));
  if (!isToken(name)) return "a header line has no valid name";
  if (!headers.append(name, trimBlanks(line.slice(colon + 1))))
    return `more than one ${name} header`;
  return undefined;
}

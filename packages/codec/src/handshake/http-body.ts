import type { Bytes } from "../bytes/bytes.ts";
import { MessageBuffer } from "../bytes/message-buffer.ts";
import type { HttpHeaders } from "./http-headers.ts";

/** How many bytes of the body are kept if the response's status is not 101. */
export const maxBodyLength = 65_536;

const carriageReturn = 0x0d;
const lineFeed = 0x0a;
/** Length of the longest chunk header: the chunk's size and extensions. */
const maxChunkLine = 256;

/** Parts of a chunked body (RFC 9112 section 7.1). An unchunked body is read as one chunk. */
const Part = { Size: 0, Data: 1, DataEnd: 2, Done: 3 } as const;
type Part = (typeof Part)[keyof typeof Part];

/**
 * Reads the body of an HTTP/1.1 response (RFC 9112 section 6) that explains why the server refused
 * the WebSocket connection: its first 64 KiB, or less if its framing is broken. The rest is not
 * needed, because the client closes the connection.
 *
 * @example
 * const reader = new HttpBodyReader(status, headers);
 * while (!reader.push(chunk)); // or until the connection ends
 * reader.take();
 */
export class HttpBodyReader {
  private readonly body = new MessageBuffer();
  private readonly chunked: boolean;
  private part: Part;
  /** How many bytes of the current chunk are still to be received. */
  private remaining = Number.POSITIVE_INFINITY;
  private line = "";

  constructor(status: number, headers: HttpHeaders) {
    this.chunked = headers.has("transfer-encoding");
    this.part = this.chunked ? Part.Size : Part.Data;
    const length = headers.get("content-length");
    if (!this.chunked && length !== undefined) {
      this.remaining = /^\d+$/.test(length) ? Number(length) : 0;
    }
    // These responses have no body, whatever the headers say (RFC 9110 section 6.4.1).
    const bodiless = status < 200 || status === 204 || status === 304;
    if (bodiless || this.remaining === 0) this.part = Part.Done;
  }

  /**
   * Takes the next bytes.
   *
   * @param bytes - Borrowed, not modified; read from `start`.
   * @returns Whether the body is complete or has reached 64 KiB.
   */
  push(bytes: Uint8Array, start = 0): boolean {
    let at = start;
    while (at < bytes.length && this.part !== Part.Done) {
      at = this.part === Part.Data ? this.takeData(bytes, at) : this.takeLine(bytes, at);
    }
    return this.part === Part.Done;
  }

  /** Returns the received bytes, which the caller may keep. */
  take(): Bytes {
    return this.body.take();
  }

  private takeData(bytes: Uint8Array, start: number): number {
    const room = maxBodyLength - this.body.length;
    const taken = Math.min(bytes.length - start, this.remaining, room);
    this.body.append(bytes, start, start + taken, 0);
    this.remaining -= taken;
    if (taken === room) this.part = Part.Done;
    else if (this.remaining === 0) this.part = this.chunked ? Part.DataEnd : Part.Done;
    return start + taken;
  }

  /** Takes one byte of the lines before and after a chunk's data. */
  private takeLine(bytes: Uint8Array, at: number): number {
    const byte = bytes[at];
    if (byte !== lineFeed) {
      if (byte !== carriageReturn) this.line += String.fromCharCode(byte);
      if (this.line.length > maxChunkLine) this.part = Part.Done;
    } else {
      this.part = this.part === Part.Size ? this.startChunk() : this.endChunk();
      this.line = "";
    }
    return at + 1;
  }

  private startChunk(): Part {
    const size = /^([0-9a-f]{1,12})[ \t]*(?:;|$)/i.exec(this.line);
    this.remaining = size === null ? 0 : Number.parseInt(size[1], 16);
    // Trailers are ignored.
    return this.remaining === 0 ? Part.Done : Part.Data;
  }

  private endChunk(): Part {
    return this.line === "" ? Part.Size : Part.Done;
  }
}

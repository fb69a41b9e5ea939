import type { Inflator } from "@framewright/codec/deflate";
import {
  Z_BUF_ERROR,
  Z_OK,
  Z_STREAM_END,
  Z_SYNC_FLUSH,
  ZStream,
  zlibInflate,
  zlibInflateInit2,
  zlibInflateReset,
} from "pako";

/** The bytes that the sender removed from the end of the message (RFC 7692 section 7.2.2). */
const tail = Uint8Array.of(0x00, 0x00, 0xff, 0xff);
const outputLength = 65_536;
/** Maximum number of BFINAL blocks in a message: one of two bytes costs a reset of the window. */
const maxRestarts = 256;

/** Decompresses messages in a browser, in pieces of at most 64 KiB. */
export class PakoInflator implements Inflator {
  readonly output = new Uint8Array(outputLength);
  done = true;
  private readonly stream = new ZStream();
  private isTailDue = false;
  private restarts = 0;

  /** @param windowBits - Base-2 logarithm of the window in bytes, 8 to 15. */
  constructor(windowBits: number) {
    // Negative: raw DEFLATE data, without the header of zlib.
    zlibInflateInit2(this.stream, -windowBits);
  }

  push(bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    this.setInput(bytes.subarray(start, end));
    this.isTailDue = isLast;
    this.restarts = 0;
    this.done = false;
  }

  next(): number {
    const { stream, output } = this;
    for (;;) {
      stream.output = output;
      stream.next_out = 0;
      stream.avail_out = outputLength;
      const result = zlibInflate(stream, Z_SYNC_FLUSH);
      if (result !== Z_OK && result !== Z_BUF_ERROR && result !== Z_STREAM_END) return -1;
      const length = outputLength - stream.avail_out;
      if (length === outputLength) return length;
      if (!this.goOn(result === Z_STREAM_END)) return -1;
      if (length > 0 || this.done) return length;
    }
  }

  retain(): void {
    const { stream } = this;
    this.setInput(stream.input.slice(stream.next_in, stream.next_in + stream.avail_in));
  }

  reset(): void {
    this.setInput(new Uint8Array(0));
    this.done = true;
    zlibInflateReset(this.stream);
  }

  close(): void {
    this.setInput(new Uint8Array(0));
  }

  private setInput(input: Uint8Array): void {
    const { stream } = this;
    stream.input = input;
    stream.next_in = 0;
    stream.avail_in = input.length;
  }

  /** Continues after the output was not filled. Returns false if there are too many blocks. */
  private goOn(isFinal: boolean): boolean {
    const { stream } = this;
    // A BFINAL block ends the stream, but others may follow (RFC 7692 section 7.2.3.4).
    if (isFinal) zlibInflateReset(stream);
    if (stream.avail_in > 0) return ++this.restarts <= maxRestarts;
    if (this.isTailDue) {
      this.isTailDue = false;
      this.setInput(tail);
      return true;
    }
    this.done = true;
    return true;
  }
}

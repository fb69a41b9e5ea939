import type { Inflator } from "@framewright/codec/deflate";
import { copyBytes, noBytes } from "@framewright/codec/internal";
import { closeWithOwner, type ZlibStream } from "./zlib-stream.ts";

/** The bytes that the sender removed from the end of the message (RFC 7692 section 7.2.2). */
const tail = new Uint8Array([0x00, 0x00, 0xff, 0xff]);
/**
 * Input of up to this many bytes is copied in front of the tail. This costs less than a second
 * call.
 */
const maxJoinedLength = 8_192;
/**
 * Maximum number of BFINAL blocks per message. One can be as short as two bytes and costs a call.
 */
const maxRestarts = 256;
/**
 * A restart counts as the decompression of this many bytes. It takes 1 to 5 us, so messages of
 * restarts alone would take seconds of a turn of the event loop if only their output counted.
 */
const restartWork = 4_096;

/**
 * Output and joined input of all inflators. One of each is enough, because output is used at once
 * and `retain` copies input that has to wait.
 */
const output = new Uint8Array(65_536);
const joined = new Uint8Array(maxJoinedLength + tail.length);
/** An inflator that uses `node:zlib`. */
export class ZlibInflator implements Inflator {
  readonly output: Uint8Array = output;
  done = true;
  extraWork = 0;
  private readonly stream: ZlibStream;
  private input: Uint8Array = noBytes;
  private at = 0;
  private end = 0;
  /** Whether the tail follows after `input`. */
  private tailFollows = false;
  private restarts = 0;
  private isBetweenMessages = true;

  constructor(stream: ZlibStream) {
    this.stream = stream;
    closeWithOwner(this, stream);
  }

  push(bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    this.done = false;
    if (this.isBetweenMessages) this.restarts = 0;
    this.isBetweenMessages = isLast;
    const length = end - start;
    if (!isLast || length > maxJoinedLength) {
      this.setInput(bytes, start, end);
      this.tailFollows = isLast;
      return;
    }
    joined.set(bytes.subarray(start, end));
    joined.set(tail, length);
    this.setInput(joined, 0, length + tail.length);
    this.tailFollows = false;
  }

  next(): number {
    const { stream } = this;
    this.extraWork = 0;
    for (;;) {
      stream.write(this.input, this.at, this.end, output, 0);
      if (stream.failed) return -1;
      const length = output.length - stream.outputLeft;
      this.at = this.end - stream.inputLeft;
      // If the output is full, the stream may hold more even when it has consumed all of the input.
      if (length < output.length && !this.goOn()) return -1;
      if (length > 0 || this.done) return length;
    }
  }

  retain(): void {
    if (this.done) return;
    this.setInput(copyBytes(this.input, this.at, this.end), 0, this.end - this.at);
  }

  reset(): void {
    this.done = this.isBetweenMessages = true;
    this.input = noBytes;
    this.stream.reset();
  }

  close(): void {
    this.input = noBytes;
    this.stream.close();
  }

  private setInput(bytes: Uint8Array, start: number, end: number): void {
    this.input = bytes;
    this.at = start;
    this.end = end;
  }

  /**
   * Continues after the stream stopped before the output was full.
   *
   * @returns Whether the data can be decompressed further; false if it has too many BFINAL blocks.
   */
  private goOn(): boolean {
    if (this.at < this.end) {
      // A BFINAL block ends the stream, but others may follow (RFC 7692 section 7.2.3.4). The reset
      // discards the window.
      this.stream.reset();
      this.extraWork += restartWork;
      return ++this.restarts <= maxRestarts;
    }
    if (this.tailFollows) {
      this.tailFollows = false;
      this.setInput(tail, 0, tail.length);
      return true;
    }
    this.input = noBytes;
    this.done = true;
    return true;
  }
}

import type { Inflator } from "@framewright/codec/deflate";
import { noBytes } from "@framewright/codec/internal";
import { closeWithOwner, type ZlibStream } from "./zlib-stream.ts";

/** What the sender took off the end of each message (RFC 7692 section 7.2.2). */
const tail = new Uint8Array([0x00, 0x00, 0xff, 0xff]);
/** Up to so many bytes are copied in front of the tail: that costs less than one more call. */
const longestJoined = 8_192;
/** Most blocks with BFINAL in one message: two bytes can be one, and each costs a call. */
const maxRestarts = 256;

/** One of each is enough for all inflators: output is used at once, and `retain` copies joined input that waits. */
const output = new Uint8Array(65_536);
const joined = new Uint8Array(longestJoined + tail.length);
/** `node:zlib` as an inflator. */
export class ZlibInflator implements Inflator {
  readonly output: Uint8Array = output;
  done = true;
  private readonly stream: ZlibStream;
  private input: Uint8Array = noBytes;
  private at = 0;
  private end = 0;
  /** Whether the tail is still to follow the input. */
  private tailFollows = false;
  private restarts = 0;
  private isBetween = true;

  constructor(stream: ZlibStream) {
    this.stream = stream;
    closeWithOwner(this, stream);
  }

  push(bytes: Uint8Array, start: number, end: number, isLast: boolean): void {
    this.done = false;
    if (this.isBetween) this.restarts = 0;
    this.isBetween = isLast;
    const length = end - start;
    if (!isLast || length > longestJoined) {
      this.give(bytes, start, end);
      this.tailFollows = isLast;
      return;
    }
    joined.set(bytes.subarray(start, end));
    joined.set(tail, length);
    this.give(joined, 0, length + tail.length);
    this.tailFollows = false;
  }

  next(): number {
    const { stream } = this;
    for (;;) {
      stream.write(this.input, this.at, this.end, output, 0);
      if (stream.failed) return -1;
      const length = output.length - stream.outputLeft;
      this.at = this.end - stream.inputLeft;
      // With the output full, more may come even when all of the input has been taken.
      if (length < output.length && !this.goOn()) return -1;
      if (length > 0 || this.done) return length;
    }
  }

  retain(): void {
    if (this.done) return;
    this.give(this.input.slice(this.at, this.end), 0, this.end - this.at);
  }

  reset(): void {
    this.done = this.isBetween = true;
    this.input = noBytes;
    this.stream.reset();
  }

  close(): void {
    this.input = noBytes;
    this.stream.close();
  }

  private give(bytes: Uint8Array, start: number, end: number): void {
    this.input = bytes;
    this.at = start;
    this.end = end;
  }

  /** The stream stopped although there was room; returns false when the data is too bad to go on with. */
  private goOn(): boolean {
    if (this.at < this.end) {
      // After a block with BFINAL others may follow (RFC 7692 section 7.2.3.4); it ends the window.
      this.stream.reset();
      return ++this.restarts <= maxRestarts;
    }
    if (this.tailFollows) {
      this.tailFollows = false;
      this.give(tail, 0, tail.length);
      return true;
    }
    this.input = noBytes;
    this.done = true;
    return true;
  }
}

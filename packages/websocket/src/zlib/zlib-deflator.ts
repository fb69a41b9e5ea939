import type { Deflator } from "@framewright/codec/deflate";
import { closeWithOwner, type ZlibStream } from "./zlib-stream.ts";

/** Length of 00 00 ff ff, with which every flush ends (RFC 7692 section 7.2.1). */
const tailLength = 4;
/** Longest scratch memory that is kept, in bytes. Longer ones are used for one message only. */
const maxKeptLength = 1_048_576;
/** An empty message (RFC 7692 section 7.2.3.6). zlib has nothing to flush without input. */
const emptyMessage = new Uint8Array([0x00]);

/** Output of all deflators. One is enough because each call completes its work. */
let scratch = new Uint8Array(65_536);

/** A deflator that uses `node:zlib`. */
export class ZlibDeflator implements Deflator {
  private readonly stream: ZlibStream;

  constructor(stream: ZlibStream) {
    this.stream = stream;
    closeWithOwner(this, stream);
  }

  deflate(bytes: Uint8Array, start: number, end: number): Uint8Array {
    if (start === end) return emptyMessage;
    const output = this.write(bytes, start, end, true);
    return output.subarray(0, output.length - tailLength);
  }

  deflatePart(bytes: Uint8Array, start: number, end: number): Uint8Array {
    return this.write(bytes, start, end, false);
  }

  private write(bytes: Uint8Array, start: number, end: number, isLast: boolean): Uint8Array {
    const { stream } = this;
    let output = scratch;
    let at = start;
    let length = 0;
    for (;;) {
      stream.write(bytes, at, end, output, length, isLast);
      if (stream.failed) throw new Error("the compressor failed");
      at = end - stream.inputLeft;
      length = output.length - stream.outputLeft;
      if (length < output.length) return output.subarray(0, length);
      output = enlarge(output);
    }
  }

  reset(): void {
    this.stream.reset();
  }

  close(): void {
    this.stream.close();
  }
}

function enlarge(full: Uint8Array): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(full.length * 2);
  larger.set(full);
  if (larger.length <= maxKeptLength) scratch = larger;
  return larger;
}

import * as zlib from "node:zlib";

const tail = new Uint8Array([0x00, 0x00, 0xff, 0xff]);
/** Framewright rejects messages with more final blocks (BFINAL) than this. */
const maxRestarts = 256;

/**
 * Inflates messages with the public interface of node:zlib. Inflates a whole stream from its start
 * each time.
 */
export class ReferenceInflator {
  private readonly keepsWindow: boolean;
  /** The data since the stream started, with the first message or after the last final block. */
  private stream: Uint8Array = new Uint8Array(0);
  /** Number of bytes that earlier messages of the stream inflated to. */
  private before = 0;

  constructor(keepsWindow: boolean) {
    this.keepsWindow = keepsWindow;
  }

  /** Returns the message, or undefined if it is not DEFLATE data or is longer than `most`. */
  inflate(payload: Uint8Array, most: number): Uint8Array | undefined {
    if (!this.keepsWindow) this.begin(new Uint8Array(0));
    this.stream = Buffer.concat([this.stream, payload, tail]);
    const parts: Uint8Array[] = [];
    let length = 0;
    for (let restarts = 0; restarts <= maxRestarts; restarts++) {
      const read = inflateStream(this.stream, this.before + most - length);
      if (read === undefined) return undefined;
      parts.push(read.output.subarray(this.before));
      length += read.output.length - this.before;
      this.before = read.output.length;
      if (read.end === this.stream.length) return Buffer.concat(parts);
      this.begin(this.stream.subarray(read.end));
    }
    return undefined;
  }

  private begin(stream: Uint8Array): void {
    this.stream = stream;
    this.before = 0;
  }
}

/** Inflates a stream up to its end or a final block. Returns the output and the end index. */
function inflateStream(
  stream: Uint8Array,
  most: number,
): { output: Uint8Array; end: number } | undefined {
  try {
    const { buffer, engine } = zlib.inflateRawSync(stream, {
      finishFlush: zlib.constants.Z_SYNC_FLUSH,
      maxOutputLength: Math.max(most, 1),
      info: true,
    }) as unknown as { buffer: Uint8Array; engine: { bytesWritten: number } };
    return buffer.length > most ? undefined : { output: buffer, end: engine.bytesWritten };
  } catch {
    return undefined;
  }
}

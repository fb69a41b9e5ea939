import { ProtocolError } from "@framewright/websocket";
import type { Transport, TransportListener } from "@framewright/websocket/transport";

/** Read buffers start small, for idle connections, and grow while reads fill them. */
const smallestBuffer = 512;
const largestBuffer = 65_536;
/** So long that a long message takes one read. Not for all connections: 16 MiB at most. */
const wideBuffer = 262_144;
const maxWideBuffers = 64;
let wideBuffers = 0;
/** After so many reads in a row that a quarter of a buffer would have done for, there is a smaller one. */
const patience = 16;
/**
 * A read that is pending keeps its buffer, and cannot be cancelled. So a connection waits with the smallest buffer, unless
 * it has had so many bursts of reads, with pauses of at most so many milliseconds between: then it saves reads.
 */
const steadyBursts = 32;
const steadyPause = 250;

const nothing = new Uint8Array(0);

/** A TCP connection as a transport. */
export class DenoTransport implements Transport {
  declare listener: TransportListener;
  readonly remoteAddress: string;
  pending = 0;
  private readonly conn: Deno.TcpConn;
  private buffer = new Uint8Array(smallestBuffer);
  /** The buffer's length when it was made: 0 when user code that borrowed it has transferred it away. */
  private bufferLength = smallestBuffer;
  /** Reads in a row that needed no more than a quarter of the buffer. */
  private shortReads = 0;
  /** Bursts of reads in a row without a long pause, and when the last one ended. */
  private bursts = 0;
  private burstEnd = 0;
  private reading = false;
  private paused = false;
  private inputEnded = false;
  /** No more writes will come. */
  private outputEnded = false;
  /** The peer has been told so. */
  private outputShut = false;
  private closed = false;
  /** What is being written. */
  private unwritten: Uint8Array = nothing;

  // Callbacks that are made once: an asynchronous function makes its own at each `await`, for 3% of an echo.
  private readonly onRead = (length: number | null): void => {
    if (!this.closed) {
      if (length === null) this.endInput();
      else this.received(length);
    }
    // Only now: the listener may have borrowed the buffer until here.
    this.reading = false;
    this.read();
  };
  private readonly onReadFailed = (error: Error): void => {
    this.fail(error);
    this.reading = false;
  };
  /** Deno writes as much as fits, so the rest is its own write. */
  private readonly onWritten = (written: number): void => {
    const isWhole = this.unwritten.length === this.pending;
    this.pending -= written;
    if (!isWhole) this.fail(new ProtocolError("WS_ERR_DETACHED_BYTES"));
    else if (this.pending > 0) this.writeRest(this.unwritten.subarray(written));
    else this.wrote();
  };
  private readonly onWriteFailed = (error: Error): void => {
    this.pending = 0;
    this.outputEnded = true;
    // What the peer sent before it went away is still to be read, and reading says what happened;
    // but while reading is paused nothing else would.
    if (!this.reading) this.fail(error);
    this.wrote();
  };

  constructor(conn: Deno.TcpConn) {
    this.conn = conn;
    this.remoteAddress = conn.remoteAddr.hostname;
    this.read();
  }

  write(bytes: Uint8Array): number {
    if (this.pending > 0 || this.outputEnded) return 0;
    this.pending = bytes.length;
    this.writeRest(bytes);
    return bytes.length;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.read();
  }

  shutdown(): void {
    if (this.outputEnded) return;
    this.outputEnded = true;
    // With nothing left to read or to write, closing says the same at once.
    if (this.inputEnded && this.pending === 0) return this.destroy();
    if (this.pending === 0) void this.endOutput();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.bufferLength > largestBuffer) wideBuffers--;
    this.conn.close();
  }

  /** Reads until paused or ended. */
  private read(): void {
    if (this.reading || this.paused || this.inputEnded || this.closed) return;
    this.reading = true;
    this.conn.read(this.buffer).then(this.onRead, this.onReadFailed);
  }

  private received(length: number): void {
    const { buffer } = this;
    if (length === buffer.length) this.growBuffer();
    else if (buffer.length > smallestBuffer) this.endBurst(length);
    this.listener.receive(length === buffer.length ? buffer : buffer.subarray(0, length));
    if (this.buffer.length !== this.bufferLength) this.resizeBuffer(smallestBuffer);
  }

  /** Nothing more is there to be read. */
  private endBurst(length: number): void {
    const { buffer } = this;
    const now = performance.now();
    const isSteady = now - this.burstEnd <= steadyPause;
    this.bursts = isSteady ? this.bursts + 1 : 0;
    this.burstEnd = now;
    if (this.bursts < steadyBursts) this.resizeBuffer(smallestBuffer);
    else if (length * 4 > buffer.length) this.shortReads = 0;
    else if (++this.shortReads === patience)
      this.resizeBuffer(Math.max(buffer.length / 4, smallestBuffer));
  }

  private growBuffer(): void {
    const { length } = this.buffer;
    const most = wideBuffers < maxWideBuffers ? wideBuffer : largestBuffer;
    if (length < most) this.resizeBuffer(Math.min(length * 4, most));
  }

  private resizeBuffer(length: number): void {
    if (this.bufferLength > largestBuffer) wideBuffers--;
    if (length > largestBuffer) wideBuffers++;
    this.buffer = new Uint8Array(length);
    this.bufferLength = length;
    this.shortReads = 0;
  }

  private endInput(): void {
    this.inputEnded = true;
    this.listener.ended();
    this.closeWhenEnded();
  }

  private fail(error: Error): void {
    if (this.closed) return;
    this.destroy();
    this.listener.failed(error);
  }

  private writeRest(bytes: Uint8Array): void {
    this.unwritten = bytes;
    this.conn.write(bytes).then(this.onWritten, this.onWriteFailed);
  }

  /** What there was to write is out, or never will be. */
  private wrote(): void {
    this.unwritten = nothing;
    if (this.closed) return;
    this.listener.drained();
    if (this.outputEnded && this.pending === 0) void this.endOutput();
  }

  private async endOutput(): Promise<void> {
    try {
      await this.conn.closeWrite();
    } catch {
      // The peer is gone; reading says so.
    }
    this.outputShut = true;
    this.closeWhenEnded();
  }

  private closeWhenEnded(): void {
    if (this.inputEnded && this.outputShut) this.destroy();
  }
}

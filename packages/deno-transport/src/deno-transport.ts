import { ProtocolError } from "@framewright/websocket";
import type { Transport, TransportListener } from "@framewright/websocket/transport";

/**
 * Lengths of read buffers in bytes. They start small, because idle connections keep them, and grow
 * while reads fill them.
 */
const minBufferLength = 512;
const maxBufferLength = 65_536;
/**
 * Length of buffers for long messages, which take fewer reads with them. At most 64 connections
 * have one, 16 MiB in all.
 */
const wideBufferLength = 262_144;
const maxWideBuffers = 64;
let wideBuffers = 0;
/** A buffer shrinks after this many consecutive reads that fill at most a quarter of it. */
const shortReadsToShrink = 16;
/**
 * A pending read keeps its buffer and cannot be cancelled, so a connection waits with the smallest
 * buffer. The exception saves reads: a connection with this many consecutive bursts of reads, and
 * pauses of at most this many milliseconds between them, keeps its buffer.
 */
const steadyBursts = 4;
const steadyPause = 250;

const nothing = new Uint8Array(0);

/** A transport over a TCP or Unix connection. */
export class DenoTransport implements Transport {
  declare listener: TransportListener;
  readonly remoteAddress: string;
  pending = 0;
  private readonly conn: Deno.TcpConn | Deno.UnixConn;
  private buffer = new Uint8Array(minBufferLength);
  /**
   * The length that `buffer` was created with. The actual length differs (is 0) if user code has
   * transferred a borrowed message.
   */
  private bufferLength = minBufferLength;
  /** Number of consecutive reads that filled at most a quarter of the buffer. */
  private shortReads = 0;
  /** Number of consecutive bursts of reads without a long pause, and the end of the last one. */
  private bursts = 0;
  private burstEnd = 0;
  /** Bytes read in the current burst. */
  private burstLength = 0;
  /** Length of the buffer that takes the last burst in one read: the buffer grows to it at once. */
  private burstBufferLength = minBufferLength;
  private reading = false;
  private paused = false;
  private inputEnded = false;
  /** Whether no more writes follow: after `shutdown` or a failed write. */
  private outputEnded = false;
  /** Set when a write has failed. */
  private outputError: Error | undefined = undefined;
  /** Whether the outgoing direction of the connection has been closed. */
  private outputShut = false;
  private closed = false;
  /** The bytes of the pending write. */
  private unwritten: Uint8Array = nothing;

  // Callbacks are created once. An async function would create them at each `await`, which is 3% of
  // the cost of an echo.
  private readonly onRead = (length: number | null): void => {
    if (!this.closed) {
      if (length === null) this.endInput();
      else this.received(length);
    }
    // The next read must not start earlier, because the listener borrows the buffer until here.
    this.reading = false;
    this.read();
  };
  private readonly onReadFailed = (error: Error): void => {
    this.fail(error);
    this.reading = false;
  };
  /** Deno may write only a part of the bytes. The rest needs another write. */
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
    this.outputError = error;
    // Bytes that the peer sent before it went away can still be read. Reading reports its end.
    if (!this.reading) this.fail(error);
    this.wrote();
  };

  constructor(conn: Deno.TcpConn | Deno.UnixConn) {
    this.conn = conn;
    const { remoteAddr } = conn;
    this.remoteAddress = "hostname" in remoteAddr ? remoteAddr.hostname : "";
    this.read();
  }

  write(bytes: Uint8Array): number {
    // Nobody gets them. If they waited, the connection would wait for the close timeout.
    if (this.outputError !== undefined) return bytes.length;
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
    // If both directions are done, closing has the same effect at once.
    if (this.inputEnded && this.pending === 0) return this.destroy();
    if (this.pending === 0) void this.endOutput();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.bufferLength > maxBufferLength) wideBuffers--;
    this.conn.close();
  }

  /** Starts a read, unless one is pending or reading is paused or over. */
  private read(): void {
    if (this.reading || this.inputEnded || this.closed) return;
    if (this.paused) {
      // No read will report that the peer is gone.
      if (this.outputError !== undefined) this.fail(this.outputError);
      return;
    }
    this.reading = true;
    this.conn.read(this.buffer).then(this.onRead, this.onReadFailed);
  }

  private received(length: number): void {
    const { buffer } = this;
    this.burstLength += length;
    if (length === buffer.length) this.growBuffer();
    else if (buffer.length > minBufferLength) this.endBurst(length);
    this.listener.receive(length === buffer.length ? buffer : buffer.subarray(0, length));
    if (this.buffer.length !== this.bufferLength) this.resizeBuffer(minBufferLength);
  }

  /** Called after a read that did not fill the buffer: resizes it for the next burst. */
  private endBurst(length: number): void {
    const { buffer } = this;
    // `performance.now` costs 0.3 us here. If the clock is set, one burst is misjudged.
    const now = Date.now();
    const isSteady = now - this.burstEnd <= steadyPause;
    this.bursts = isSteady ? this.bursts + 1 : 0;
    this.burstEnd = now;
    this.burstBufferLength = bufferLengthFor(this.burstLength);
    this.burstLength = 0;
    if (this.bursts < steadyBursts) this.resizeBuffer(minBufferLength);
    else if (length * 4 > buffer.length) this.shortReads = 0;
    else if (++this.shortReads === shortReadsToShrink)
      this.resizeBuffer(Math.max(buffer.length / 4, minBufferLength));
  }

  private growBuffer(): void {
    const { length } = this.buffer;
    const most = wideBuffers < maxWideBuffers ? wideBufferLength : maxBufferLength;
    const wanted = Math.max(length * 4, this.burstBufferLength);
    if (length < most) this.resizeBuffer(Math.min(wanted, most));
  }

  private resizeBuffer(length: number): void {
    if (this.bufferLength > maxBufferLength) wideBuffers--;
    if (length > maxBufferLength) wideBuffers++;
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

  /** Called when the pending write has completed or failed. */
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
      // The peer is gone. The pending read reports it.
    }
    this.outputShut = true;
    this.closeWhenEnded();
  }

  private closeWhenEnded(): void {
    if (this.inputEnded && this.outputShut) this.destroy();
  }
}

/** The length of the smallest buffer that a burst does not fill. */
function bufferLengthFor(burstLength: number): number {
  let length = minBufferLength;
  while (length <= burstLength && length < wideBufferLength) length *= 4;
  return Math.min(length, wideBufferLength);
}

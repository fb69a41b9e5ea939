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

/** A `Deno.Conn` as a transport. */
export class DenoTransport implements Transport {
  declare listener: TransportListener;
  readonly remoteAddress: string;
  pending = 0;
  private readonly conn: Deno.Conn;
  private buffer = new Uint8Array(smallestBuffer);
  /** Reads in a row that needed no more than a quarter of the buffer. */
  private shortReads = 0;
  private reading = false;
  private paused = false;
  private inputEnded = false;
  /** No more writes will come. */
  private outputEnded = false;
  /** The peer has been told so. */
  private outputShut = false;
  private closed = false;

  constructor(conn: Deno.Conn) {
    this.conn = conn;
    const address = conn.remoteAddr;
    this.remoteAddress = "hostname" in address ? address.hostname : "";
    void this.read();
  }

  write(bytes: Uint8Array): number {
    if (this.pending > 0 || this.outputEnded) return 0;
    this.pending = bytes.length;
    void this.writeAll(bytes);
    return bytes.length;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    void this.read();
  }

  shutdown(): void {
    if (this.outputEnded) return;
    this.outputEnded = true;
    // With nothing left to read or to write, closing says the same at once; TLS has a last word.
    if (this.inputEnded && this.pending === 0 && !("handshake" in this.conn)) return this.destroy();
    if (this.pending === 0) void this.endOutput();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    if (this.buffer.length > largestBuffer) wideBuffers--;
    this.conn.close();
  }

  /** Reads until paused or ended. Never rejects. */
  private async read(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    while (!this.paused && !this.inputEnded && !this.closed) {
      let length: number | null;
      try {
        length = await this.conn.read(this.buffer);
      } catch (error) {
        this.fail(error as Error);
        break;
      }
      if (this.closed) break;
      if (length === null) this.endInput();
      else this.received(length);
    }
    this.reading = false;
  }

  private received(length: number): void {
    const { buffer } = this;
    if (length === buffer.length) this.growBuffer();
    else if (length * 4 > buffer.length || buffer.length === smallestBuffer) this.shortReads = 0;
    else if (++this.shortReads === patience)
      this.resizeBuffer(Math.max(buffer.length / 4, smallestBuffer));
    this.listener.receive(length === buffer.length ? buffer : buffer.subarray(0, length));
  }

  private growBuffer(): void {
    const { length } = this.buffer;
    const most = wideBuffers < maxWideBuffers ? wideBuffer : largestBuffer;
    if (length < most) this.resizeBuffer(Math.min(length * 4, most));
  }

  private resizeBuffer(length: number): void {
    if (this.buffer.length > largestBuffer) wideBuffers--;
    if (length > largestBuffer) wideBuffers++;
    this.buffer = new Uint8Array(length);
    this.shortReads = 0;
  }

  private endInput(): void {
    this.inputEnded = true;
    this.listener.ended();
    this.closeWhenEnded();
  }

  private fail(error: Error): void {
    if (this.closed) return;
    // TLS without close_notify: the peer has ended all the same.
    if (error instanceof Deno.errors.UnexpectedEof) return this.endInput();
    this.destroy();
    this.listener.failed(error);
  }

  /** Deno writes as much as fits, so the rest is its own write. Never rejects. */
  private async writeAll(bytes: Uint8Array): Promise<void> {
    try {
      while (this.pending > 0) {
        const isFirst = this.pending === bytes.length; // and often the only one
        const rest = isFirst ? bytes : bytes.subarray(bytes.length - this.pending);
        const written = await this.conn.write(rest);
        this.pending -= written;
      }
    } catch (error) {
      this.pending = 0;
      this.outputEnded = true;
      // What the peer sent before it went away is still to be read, and reading says what happened;
      // but while reading is paused nothing else would.
      if (!this.reading) this.fail(error as Error);
    }
    if (this.closed) return;
    this.listener.drained();
    if (this.outputEnded && this.pending === 0) await this.endOutput();
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

import type { PeerCertificate } from "./peer-certificate.ts";
import type { Transport, TransportListener } from "./transport.ts";

/** The used part of `stream.Duplex` of `node:stream`, such as a `tls.TLSSocket` or HTTP/2 stream. */
export interface DuplexStream {
  readonly writable: boolean;
  readonly writableLength: number;
  readonly writableFinished: boolean;
  on(event: "data", listener: (bytes: Uint8Array) => void): unknown;
  on(event: "end" | "close" | "aborted", listener: () => void): unknown;
  on(event: "error", listener: (error: Error) => void): unknown;
  write(bytes: Uint8Array, callback: (error?: Error | null) => void): unknown;
  end(): unknown;
  destroy(): unknown;
  pause(): unknown;
  resume(): unknown;
  isPaused(): boolean;
}

/** What a `DuplexTransport` knows about its stream. */
export interface DuplexDetails {
  /** Default "". */
  readonly remoteAddress?: string | undefined;
  readonly peerCertificate?: PeerCertificate | undefined;
  /**
   * Whether nobody else sees the bytes that the stream emits, so that they may be modified. If not,
   * they are copied. Default false.
   */
  readonly ownsBytes?: boolean;
  /** See `Transport`. */
  readonly isMultiplexed?: boolean;
  /** Called when reading is paused or resumed, for streams that go on reading themselves. */
  readonly onPause?: (paused: boolean) => void;
  /** Returns why the stream was closed, if it emits no error. */
  readonly closeError?: () => Error | undefined;
  /**
   * Number of bytes that have left the stream and wait below it, for streams that accept any number
   * of writes. When it becomes 0, `drained` of the listener must be called.
   */
  readonly pendingBelow?: () => number;
  /** Called after each write. */
  readonly onWrite?: () => void;
  /** Closes both directions at once. Default: the stream's `destroy`. */
  readonly onDestroy?: () => void;
}

/** A transport over a stream of Node that emits bytes and whose directions end separately. */
export class DuplexTransport implements Transport {
  declare listener: TransportListener;
  readonly remoteAddress: string;
  readonly peerCertificate: PeerCertificate | undefined;
  private readonly stream: DuplexStream;
  private readonly details: DuplexDetails;
  private inputEnded = false;
  private destroyed = false;
  private readonly written = (error?: Error | null): void => {
    if (!error && !this.destroyed && this.pendingBelow === 0) this.listener.drained();
  };

  /** @param stream - Owned from now on. Its errors are handled from now on. */
  constructor(stream: DuplexStream, details: DuplexDetails = {}) {
    this.stream = stream;
    this.details = details;
    this.remoteAddress = details.remoteAddress ?? "";
    this.peerCertificate = details.peerCertificate;
    stream.on("error", (error) => this.gone(error));
    stream.on("data", (bytes) => this.receive(bytes));
    stream.on("end", () => {
      if (this.destroyed) return;
      this.inputEnded = true;
      this.listener.ended();
    });
    // A stream of HTTP/2 that was reset is not closed before everything that it received is read. On
    // Deno it also keeps what waits to be sent.
    stream.on("aborted", () => {
      if (this.destroyed) return;
      this.gone(this.details.closeError?.() ?? new Error("the HTTP/2 stream was reset"));
      stream.destroy();
    });
    stream.on("close", () => this.gone(this.details.closeError?.()));
  }

  get isMultiplexed(): boolean {
    return this.details.isMultiplexed === true;
  }

  get pending(): number {
    return this.stream.writableLength + this.pendingBelow;
  }

  write(bytes: Uint8Array): number {
    const { stream } = this;
    // One write at a time. Further bytes stay in the session's queue, where they are counted.
    if (this.pending > 0 || !stream.writable) return 0;
    stream.write(bytes, this.written);
    this.details.onWrite?.();
    return bytes.length;
  }

  pause(): void {
    this.stream.pause();
    this.details.onPause?.(true);
  }

  resume(): void {
    if (!this.stream.isPaused()) return;
    this.details.onPause?.(false);
    this.stream.resume();
  }

  shutdown(): void {
    this.stream.end();
  }

  destroy(): void {
    if (this.destroyed) return;
    this.destroyed = true;
    if (this.details.onDestroy === undefined) this.stream.destroy();
    else this.details.onDestroy();
  }

  private get pendingBelow(): number {
    return this.details.pendingBelow?.() ?? 0;
  }

  private receive(bytes: Uint8Array): void {
    if (this.destroyed || bytes.length === 0) return;
    if (!(bytes instanceof Uint8Array)) {
      const error = new TypeError("the stream emits text instead of bytes");
      this.destroy();
      return this.listener.failed(error);
    }
    // The stream's chunks may be parts of a buffer with bytes of other connections.
    const isShared = this.listener.exposesMemory === true && bytes.length < bytes.buffer.byteLength;
    const isOwn = this.details.ownsBytes === true && !isShared;
    this.listener.receive(isOwn ? bytes : new Uint8Array(bytes));
  }

  /**
   * Called when the stream is closed. Without an error, this is no failure if both directions have
   * ended. Bun reports no error for bytes that were not written because the peer closed.
   */
  private gone(error: Error | undefined): void {
    const haveBothEnded = this.inputEnded && this.stream.writableFinished;
    if (this.destroyed || (error === undefined && haveBothEnded)) return;
    this.destroyed = true;
    this.listener.failed(error ?? new Error("the connection was closed"));
  }
}

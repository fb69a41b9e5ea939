import { copyBytes, noBytes } from "@framewright/codec/internal";
import type { DuplexStream } from "./duplex-transport.ts";
import type { Transport, TransportListener } from "./transport.ts";
import { writeBytes } from "./write-out.ts";

type Done = (error?: Error | null) => void;

/** The used part of an object of the class `stream.Duplex` of `node:stream`. */
export interface ReadWriteStream extends DuplexStream {
  push(bytes: Uint8Array | null): boolean;
  destroy(error?: Error): unknown;
}

/** The used part of the class `stream.Duplex` of `node:stream`. */
export type DuplexClass = new (options: {
  allowHalfOpen: boolean;
  read(): void;
  write(bytes: Uint8Array, encoding: unknown, done: Done): void;
  final(done: Done): void;
  destroy(error: Error | null, done: Done): void;
}) => ReadWriteStream;

/** A stream of Node over a transport, the reverse of `DuplexTransport`. */
export class TransportStream implements TransportListener {
  readonly stream: ReadWriteStream;
  /** Called when everything that was written to the stream has been sent. */
  onSent: () => void = () => {};
  private readonly transport: Transport;
  /** The bytes of the pending write that the transport has not accepted, and its callback. */
  private unwritten: Uint8Array = noBytes;
  private done: Done | undefined = undefined;
  private isFull = false;
  private isHeld = false;

  /**
   * @param transport - Owned from now on.
   * @param first - Bytes that were received before. Copied.
   */
  constructor(Duplex: DuplexClass, transport: Transport, first: Uint8Array) {
    this.transport = transport;
    this.stream = new Duplex({
      allowHalfOpen: true,
      read: () => {
        this.isFull = false;
        this.pauseOrResume();
      },
      write: (bytes, _encoding, done) => {
        this.unwritten = bytes;
        this.done = done;
        this.drained();
      },
      final: (done) => {
        transport.shutdown();
        done();
      },
      destroy: (error, done) => {
        transport.destroy();
        done(error);
      },
    });
    // Its reader is told too. This keeps the errors that come after it has left from ending the
    // process.
    this.stream.on("error", () => {});
    transport.listener = this;
    if (first.length > 0) this.receive(first);
  }

  /** Stops reading from the transport, or resumes, whatever the stream wants. */
  hold(isHeld: boolean): void {
    this.isHeld = isHeld;
    this.pauseOrResume();
  }

  receive(bytes: Uint8Array): void {
    this.isFull = !this.stream.push(copyBytes(bytes, 0, bytes.length));
    if (this.isFull) this.pauseOrResume();
  }

  drained(): void {
    const { done, transport } = this;
    if (done === undefined) return;
    if (this.unwritten.length > 0) {
      this.unwritten = this.unwritten.subarray(writeBytes(transport, this.unwritten));
    }
    // The stream's writer may reuse the bytes after the callback, and the transport before it.
    if (this.unwritten.length > 0 || transport.pending > 0) return;
    this.done = undefined;
    done();
    if (this.stream.writableLength === 0) this.onSent();
  }

  ended(): void {
    this.stream.push(null);
  }

  failed(error: Error): void {
    this.stream.destroy(error);
  }

  private pauseOrResume(): void {
    if (this.isFull || this.isHeld) this.transport.pause();
    else this.transport.resume();
  }
}

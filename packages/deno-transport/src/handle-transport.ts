import { getSystemErrorName } from "node:util";
import {
  outputView,
  ReadBuffer,
  systemError,
  type Transport,
  type TransportListener,
} from "@framewright/websocket/transport";
import {
  type CompletedRequest,
  hasUnwritten,
  readResult,
  type StreamHandle,
} from "./stream-handle.ts";

/** The result of a read at the end of the input: `UV_EOF` of libuv. */
const endOfFile = -4095;
/**
 * Deno refers to the bytes of a write until all of them are written, without keeping their memory. So
 * bytes that user code may transfer meanwhile are copied piece by piece. Those in memory of at most
 * this many bytes are copies of this library already.
 */
const maxOwnLength = 65_536;
/**
 * Lengths of the copies in bytes. A long piece in one write is 1.2 times as fast as in eight, and a
 * fresh copy of that length for each shorter one would cost more than its write.
 */
const copyLength = 131_072;
const longCopyLength = 1_048_576;
/** How many copies of each length are kept while no write refers to them. */
const maxFreeCopies = 2;
const freeCopies: Uint8Array[] = [];
const freeLongCopies: Uint8Array[] = [];

/** Returns memory for the next piece of so many bytes. A connection holds one copy at most. */
function acquireCopy(left: number): Uint8Array {
  return left <= 2 * copyLength
    ? (freeCopies.pop() ?? new Uint8Array(copyLength))
    : (freeLongCopies.pop() ?? new Uint8Array(longCopyLength));
}

function releaseCopy(copy: Uint8Array): void {
  const free = copy.length === copyLength ? freeCopies : freeLongCopies;
  if (free.length < maxFreeCopies) free.push(copy);
}

/** The buffer of all connections. */
const readBuffer = new ReadBuffer();
const nothing = new Uint8Array(0);

/** Key of a handle's transport. With it, all handles share their callbacks. */
const transportOf = Symbol("transport");
type Carrier = StreamHandle & { [transportOf]: HandleTransport };

/** A transport over the handle of a TCP connection. */
export class HandleTransport implements Transport {
  declare listener: TransportListener;
  readonly remoteAddress: string;
  pending = 0;
  private readonly handle: StreamHandle;
  private paused = false;
  private inputEnded = false;
  /** Whether no more writes follow: after `shutdown` or a failed write. */
  private outputEnded = false;
  /** Whether a write has failed. */
  private outputFailed = false;
  /** Whether the outgoing direction of the connection has been closed. */
  private outputShut = false;
  private closed = false;
  /** The bytes of the pending write, whose memory must stay. */
  unwritten: Uint8Array = nothing;
  /** The copy that they are in, if they are in one. */
  private unwrittenCopy: Uint8Array | undefined = undefined;

  /** @param handle - A connection. Owned from now on. */
  constructor(handle: StreamHandle, remoteAddress: string) {
    this.handle = handle;
    this.remoteAddress = remoteAddress;
    (handle as Carrier)[transportOf] = this;
    handle.onread = onRead;
    handle.useUserBuffer(readBuffer.bytes);
    handle.readStart();
  }

  write(bytes: Uint8Array): number {
    return this.writePart(bytes, 0, bytes.length, true);
  }

  writePart(bytes: Uint8Array, start: number, end: number, isReachable: boolean): number {
    // Nobody gets them. If they waited, the connection would wait for the close timeout.
    if (this.outputFailed) return end - start;
    if (this.pending > 0 || this.outputEnded) return 0;
    const part = outputView(bytes, start, end, isReachable);
    const isOwn = !isReachable || bytes.buffer.byteLength <= maxOwnLength;
    return isOwn ? this.writePiece(part) : this.writeCopies(part);
  }

  private writeCopies(bytes: Uint8Array): number {
    let written = 0;
    while (written < bytes.length && this.pending === 0 && !this.outputFailed) {
      const copy = acquireCopy(bytes.length - written);
      const piece = bytes.subarray(written, written + copy.length);
      copy.set(piece);
      written += this.writePiece(
        piece.length === copy.length ? copy : copy.subarray(0, piece.length),
      );
      if (this.pending > 0) this.unwrittenCopy = copy;
      else releaseCopy(copy);
    }
    return this.outputFailed ? bytes.length : written;
  }

  pause(): void {
    if (this.paused || this.closed) return;
    this.paused = true;
    this.handle.readStop();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    if (!this.inputEnded && !this.closed) this.handle.readStart();
  }

  shutdown(): void {
    if (this.outputEnded) return;
    this.outputEnded = true;
    // If both directions are done, closing has the same effect at once.
    if (this.inputEnded && this.pending === 0) return this.destroy();
    // The peer may be gone. Reading reports it.
    if (this.handle.shutdown(shutdownRequest) !== 0) this.shut();
  }

  destroy(): void {
    if (this.closed) return;
    this.closed = true;
    this.handle.close();
  }

  /** Called by the handle's `onread`. */
  read(result: number): void {
    if (this.closed) return;
    const { listener } = this;
    if (result > 0)
      return listener.receive(readBuffer.lastRead(result, listener.exposesMemory === true));
    if (result !== endOfFile) return this.fail(systemError("read", getSystemErrorName(result)));
    this.inputEnded = true;
    listener.ended();
    this.closeWhenEnded();
  }

  /** Called when the rest of the last write has been written, or has failed. */
  wrote(status: number): void {
    this.pending = 0;
    if (this.unwrittenCopy !== undefined) releaseCopy(this.unwrittenCopy);
    this.unwrittenCopy = undefined;
    this.unwritten = nothing;
    if (this.closed) return;
    if (status !== 0) this.failOutput(status);
    // Bytes that were accepted earlier may have to follow, even if nobody gets them.
    if (!this.closed) this.listener.drained();
  }

  /** Called when `shutdown` has completed or failed. */
  shut(): void {
    this.outputShut = true;
    this.closeWhenEnded();
  }

  private writePiece(bytes: Uint8Array): number {
    const status = this.handle.writeBuffer(writeRequest, bytes);
    if (status !== 0) this.failOutput(status);
    else if (hasUnwritten()) {
      this.pending = bytes.length;
      this.unwritten = bytes;
    }
    return bytes.length;
  }

  private failOutput(status: number): void {
    this.outputEnded = this.outputFailed = this.outputShut = true;
    // Bytes that the peer sent before it went away can still be read, and reading reports its end.
    // Without reading, only this call can report it.
    if (this.paused || this.inputEnded) this.fail(systemError("write", getSystemErrorName(status)));
  }

  private fail(error: Error): void {
    if (this.closed) return;
    this.destroy();
    this.listener.failed(error);
  }

  private closeWhenEnded(): void {
    if (this.inputEnded && this.outputShut) this.destroy();
  }
}

// All handles share these, because a closure or object per connection or write is garbage.

function onRead(this: StreamHandle): void {
  (this as Carrier)[transportOf].read(readResult());
}

const writeRequest: CompletedRequest = {
  oncomplete: (status, handle) => (handle as Carrier)[transportOf].wrote(status),
};

const shutdownRequest: CompletedRequest = {
  oncomplete: (_status, handle) => (handle as Carrier)[transportOf].shut(),
};
